import FoundationEssentials
import KubernetesTypes
import Observability
import PlatformAPI
import TelegramBotAPI

/// What a bot's token Secret says, and who the bot is by it. Pure.
enum TokenPlan {
    /// The token in the Secret that the bot names.
    /// - Parameter secret: `nil` when there is none.
    /// - Throws: ``StepFailure``: `SecretMissing`, `SecretKeyMissing`.
    static func credential(_ bot: TelegramBot, _ secret: Secret?) throws -> BotCredential {
        guard let secret else {
            throw StepFailure(
                .tokenValid, "SecretMissing",
                "Secret \(bot.tokenSecretKey) does not exist: create it with the bot's token under "
                    + "\"\(bot.spec.tokenKey)\"", retry: .onChange)
        }
        guard let text = secret.string(bot.spec.tokenKey), !text.isEmpty else {
            throw StepFailure(
                .tokenValid, "SecretKeyMissing",
                "Secret \(bot.tokenSecretKey) has nothing under \"\(bot.spec.tokenKey)\": put the bot's token there, "
                    + "or name another key in spec.tokenSecretRef.key", retry: .onChange)
        }
        return BotCredential(text)
    }

    /// Which bot the resource is with this token, and which it was before its owner made it another one.
    /// - Parameter known: `status.botID`.
    /// - Throws: ``StepFailure``: `TokenMalformed`, `BotIdentityChanged`.
    static func identity(
        _ bot: TelegramBot, _ credential: BotCredential, known: String?
    ) throws -> (botID: BotID, former: BotID?) {
        let botID: BotID
        do {
            botID = BotID(number: try BotToken(credential.token.value).botNumber)
        } catch {
            throw StepFailure(
                .tokenValid, "TokenMalformed",
                "\(place(of: bot)) does not hold a bot token: it looks like 123456:AbC-dEf_1, "
                    + "copy it again from @BotFather", retry: .onChange)
        }
        switch IdentityPlan.decide(token: botID, pinned: bot.spec.botID, known: known) {
        case .keep: return (botID, nil)
        case .change(let former): return (botID, former)
        case .refuse(let why):
            throw StepFailure(.tokenValid, "BotIdentityChanged", "\(place(of: bot)) \(why)", retry: .onChange)
        }
    }

    /// The reason of a token that Telegram refuses.
    static let rejectedReason = "TokenRejected"

    /// Telegram refuses the token.
    static func rejected(_ bot: TelegramBot) -> StepFailure {
        StepFailure(
            .tokenValid, rejectedReason,
            "Telegram does not accept the token in \(place(of: bot)): "
                + "put the bot's current token from @BotFather there", retry: .onChange)
    }

    /// An older resource has the same bot.
    static func duplicate(_ botID: BotID, of elder: ObjectKey) -> StepFailure {
        StepFailure(
            .tokenValid, "DuplicateBot",
            "TelegramBot \(elder) is older and has the same bot (\(botID)): delete one of the two", retry: .onChange)
    }

    /// The oldest of the resources with this bot that are older than `bot`, which therefore keeps it.
    /// - Parameter others: resources whose status says that they are this bot.
    static func elder(of bot: TelegramBot, among others: some Sequence<TelegramBot>) -> ObjectKey? {
        let age = { (bot: TelegramBot) in (bot.metadata.creationTimestamp ?? "", bot.metadata.uid ?? "") }
        return others.filter { $0.key != bot.key && age($0) < age(bot) }.min { age($0) < age($1) }?.key
    }

    /// Where the token stands, for messages.
    static func place(of bot: TelegramBot) -> String {
        "Secret \(bot.metadata.namespace ?? "")/\(bot.spec.tokenSecretRef.name), key \"\(bot.spec.tokenKey)\","
    }
}

extension TelegramBot {
    /// The Secret that holds the token.
    var tokenSecretKey: ObjectKey { ObjectKey(namespace: metadata.namespace, name: spec.tokenSecretRef.name) }
}
