import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import TelegramBotAPI

extension BotReconciler {
    /// Reads the token from its Secret. Whether Telegram knows it is a question for ``verifyIdentity(_:_:_:)``, which needs
    /// the gateway to know which Bot API server to ask.
    func verifyToken(_ work: BotWork) async throws -> BotCredential {
        let credential = try await readToken(work.bot)
        let identity = try TokenPlan.identity(work.bot, credential, known: work.status.botID)
        work.formerBotID = identity.former
        work.botID = identity.botID
        return credential
    }

    /// The token, from memory while the Secret is the one it was read from.
    func readToken(_ bot: TelegramBot) async throws -> BotCredential {
        let key = bot.tokenSecretKey
        let seen = stores.secrets.get(key).map { "\($0.uid)/\($0.resourceVersion)/\(bot.spec.tokenKey)" }
        if let seen, let known = memory[bot.key].token, known.secretVersion == seen { return known.credential }
        let secret = try await client.find(Secret.self, key)
        let credential = try TokenPlan.credential(bot, secret)
        let version = "\(secret?.metadata.uid ?? "")/\(secret?.metadata.resourceVersion ?? "")/\(bot.spec.tokenKey)"
        memory.update(bot.key) { $0.token = (version, credential) }
        return credential
    }

    /// Asks Telegram who the token belongs to, unless it said so not long ago, and sees to it that no older resource has
    /// the same bot. Nothing outside Kubernetes is made before this.
    func verifyIdentity(_ credential: BotCredential, _ gateway: TelegramGateway, _ work: BotWork) async throws {
        let bot = work.bot
        try await step(.tokenValid) {
            if isVerified(credential, work) {
                work.conditions.set(.tokenValid, .true, "TokenAccepted", "Telegram knows the bot as @\(work.username)")
            } else {
                let token = try BotToken(credential.token.value)
                let user = try await callingTelegram(.tokenValid, credential, work) {
                    try await telegram(gateway).getMe(token: token, timeout: settings.telegramTimeout)
                }
                work.status.username = user.username
                FaultPoint.passed(.tokenVerified)
                memory.update(bot.key) { $0.verified = (credential.fingerprint, clock.now) }
                work.conditions.set(.tokenValid, .true, "TokenAccepted", "Telegram knows the bot as @\(work.username)")
            }
            if let elder = stores.elder(of: bot, botID: work.botID) {
                if work.formerBotID == nil { work.status.botID = work.botID.description }
                try await retireDuplicate(bot)
                throw TokenPlan.duplicate(work.botID, of: elder)
            }
        }
        if let former = work.formerBotID { try await release(former, of: work) }
    }

    private func isVerified(_ credential: BotCredential, _ work: BotWork) -> Bool {
        guard work.status.botID == work.botID.description, work.status.username != nil else { return false }
        if let verified = memory[work.bot.key].verified {
            return verified.fingerprint == credential.fingerprint
                && clock.now - verified.at < settings.tokenCheckInterval
        }
        // After a restart: the worker's Secret was only ever written with a token that Telegram had confirmed. It may have
        // been revoked since.
        let secret = stores.secrets.get(work.bot.workerObjectKey)
        guard secret?.tokenFingerprint == credential.fingerprint, work.conditions[.tokenValid]?.status == .true
        else { return false }
        let age = settings.tokenCheckInterval * Double.random(in: 0...1)
        memory.update(work.bot.key) { $0.verified = (credential.fingerprint, clock.now - age) }
        return true
    }

    func telegram(_ gateway: TelegramGateway) -> TelegramClient {
        TelegramClient(http: http, baseURL: gateway.spec.apiBaseURL, logger: logger)
    }
}

extension BotWork {
    var username: String { status.username ?? "" }
}

extension TelegramBot {
    /// The value of the annotation that asks for a new webhook secret, "" without one.
    var rotationRequest: String { metadata.annotations?[Annotations.rotateWebhookSecret] ?? "" }

    /// The name of the Deployment, the worker's Secret and the ScaledObject.
    var workerObjectKey: ObjectKey {
        ObjectKey(namespace: metadata.namespace, name: "bot-\(metadata.name ?? "")")
    }
}
