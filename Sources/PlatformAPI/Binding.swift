package import FoundationEssentials
package import KubernetesTypes

/// All that a gateway must know of one bot. It travels as a Secret in the gateway's namespace, written by the operator.
package struct Binding: Sendable, Equatable {
    package var botID: BotID
    /// "namespace/name" of the TelegramBot, for logs.
    package var owner: String
    /// The bot's token. Never log or print a Binding.
    package var token: String
    /// The values that Telegram may send as `X-Telegram-Bot-Api-Secret-Token`: the present one first, then one that is
    /// being retired.
    package var webhookSecrets: [String]
    /// What the bot's worker has in place of the token: good at the gateway's Bot API proxy alone. `nil` where workers have
    /// the token itself.
    package var aliasToken: String?
    package var incomingTopic: String
    package var outgoingTopic: String
    package var deadLetterTopic: String
    /// Where results go that records ask for; `nil`: nowhere.
    package var resultsTopic: String?
    /// Whether updates are taken.
    package var intake: Intake
    /// When Telegram is told that an update has arrived.
    package var acknowledge: Acknowledgement

    /// How the gateway asks Telegram for updates; `nil`: Telegram sends them.
    package var polling: Polling?

    /// What a gateway that asks Telegram for updates has to know.
    package struct Polling: Sendable, Equatable {
        /// Telegram's names of update kinds; empty: Telegram's default set.
        package var allowedUpdates: [String]

        package init(allowedUpdates: [String] = []) { self.allowedUpdates = allowedUpdates }
    }

    /// Whether a gateway is to ask Telegram for updates now.
    package var isPolled: Bool { polling != nil && intake == .accept }
    /// Updates that services answer; `nil`: none.
    package var routes: BoundRoutes?
    /// How much each user may ask; `nil`: as much as they like.
    package var rateLimit: BoundRateLimit?

    /// What the gateway does with updates of the bot.
    package enum Intake: String, Sendable, CaseIterable {
        /// Puts them on the incoming topic.
        case accept
        /// Answers 503, so that Telegram keeps them.
        case refuse
    }

    package init(
        botID: BotID, owner: String, token: String, webhookSecrets: [String], intake: Intake = .accept,
        acknowledge: Acknowledgement = .whenDurable, resultsTopic: String? = nil, aliasToken: String? = nil,
        polling: Polling? = nil, routes: BoundRoutes? = nil, rateLimit: BoundRateLimit? = nil
    ) {
        self.resultsTopic = resultsTopic
        self.acknowledge = acknowledge
        self.aliasToken = aliasToken
        self.routes = routes
        self.rateLimit = rateLimit
        self.intake = intake
        self.polling = polling
        self.botID = botID
        self.owner = owner
        self.token = token
        self.webhookSecrets = webhookSecrets
        incomingTopic = botID.incomingTopic
        outgoingTopic = botID.outgoingTopic
        deadLetterTopic = botID.deadLetterTopic
    }

    private enum Key {
        static let botID = "bot_id"
        static let owner = "owner"
        static let token = "token"
        static let webhookSecrets = "webhook_secrets"
        static let incomingTopic = "incoming_topic"
        static let outgoingTopic = "outgoing_topic"
        static let deadLetterTopic = "dead_letter_topic"
        static let resultsTopic = "results_topic"
        static let intake = "intake"
        static let acknowledge = "acknowledge"
        static let aliasToken = "alias_token"
        static let updateMode = "update_mode"
        static let allowedUpdates = "allowed_updates"
        static let routes = "routes"
        static let rateLimit = "rate_limit"
    }

    /// The one value of the key of the mode; a bot with a webhook has no such key.
    private static let pollingMode = "polling"

    /// The keys whose values are JSON, and no secrets: the TelegramBot says the same.
    package static let openKeys = [Key.routes, Key.rateLimit]

    /// The data of the Secret that carries the binding.
    package var secretData: [String: Data] {
        var texts = [
            Key.botID: "\(botID)",
            Key.owner: owner,
            Key.token: token,
            Key.webhookSecrets: webhookSecrets.joined(separator: "\n"),
            Key.incomingTopic: incomingTopic,
            Key.outgoingTopic: outgoingTopic,
            Key.deadLetterTopic: deadLetterTopic,
            Key.intake: intake.rawValue,
        ]
        // What is left at its default is left out, so that a newer operator does not write every binding anew.
        texts[Key.resultsTopic] = resultsTopic
        if acknowledge != .whenDurable { texts[Key.acknowledge] = acknowledge.rawValue }
        texts[Key.aliasToken] = aliasToken
        if let polling {
            texts[Key.updateMode] = Self.pollingMode
            if !polling.allowedUpdates.isEmpty {
                texts[Key.allowedUpdates] = polling.allowedUpdates.joined(separator: "\n")
            }
        }
        var data = texts.mapValues { Data($0.utf8) }
        data[Key.routes] = routes.flatMap(Self.json)
        data[Key.rateLimit] = rateLimit.flatMap(Self.json)
        return data
    }

    private static func json(_ value: some Encodable) -> Data? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Of texts, numbers and lists of them: there is nothing that cannot be written.
        guard case .success(let data) = Result(catching: { try encoder.encode(value) }) else { return nil }
        return data
    }

    private static func open<Value: Decodable>(
        _ type: Value.Type, _ secret: Secret, _ key: String
    ) throws(BindingError) -> Value? {
        guard let data = secret.data?[key] else { return nil }
        guard case .success(let value) = Result(catching: { try JSONDecoder().decode(type, from: data) }) else {
            throw BindingError(secret: secret.key, key: key)
        }
        return value
    }

    /// Reads a binding back.
    /// - Throws: ``BindingError`` naming the key that is missing or malformed, never its value.
    package init(_ secret: Secret) throws(BindingError) {
        func value(_ key: String) throws(BindingError) -> String {
            guard let text = secret.string(key), !text.isEmpty else {
                throw BindingError(secret: secret.key, key: key)
            }
            return text
        }
        guard let botID = BotID(try value(Key.botID)) else { throw BindingError(secret: secret.key, key: Key.botID) }
        self.botID = botID
        owner = try value(Key.owner)
        token = try value(Key.token)
        webhookSecrets = try value(Key.webhookSecrets).split(separator: "\n").map(String.init)
        incomingTopic = try value(Key.incomingTopic)
        outgoingTopic = try value(Key.outgoingTopic)
        deadLetterTopic = try value(Key.deadLetterTopic)
        resultsTopic = secret.string(Key.resultsTopic).flatMap { $0.isEmpty ? nil : $0 }
        // Bindings of an older operator have none.
        guard let intake = Intake(rawValue: secret.string(Key.intake) ?? Intake.accept.rawValue) else {
            throw BindingError(secret: secret.key, key: Key.intake)
        }
        self.intake = intake
        let acknowledge = secret.string(Key.acknowledge) ?? Acknowledgement.whenDurable.rawValue
        guard let acknowledge = Acknowledgement(rawValue: acknowledge) else {
            throw BindingError(secret: secret.key, key: Key.acknowledge)
        }
        self.acknowledge = acknowledge
        aliasToken = secret.string(Key.aliasToken)
        switch secret.string(Key.updateMode) ?? "" {
        case "": polling = nil
        case Self.pollingMode:
            let kinds = secret.string(Key.allowedUpdates) ?? ""
            polling = Polling(allowedUpdates: kinds.split(separator: "\n").map(String.init))
        default: throw BindingError(secret: secret.key, key: Key.updateMode)
        }
        routes = try Self.open(BoundRoutes.self, secret, Key.routes)
        rateLimit = try Self.open(BoundRateLimit.self, secret, Key.rateLimit)
    }

    /// Characters of an alias behind the bot's number and the colon: as many as a real token has, whose shape frameworks
    /// look at.
    package static let aliasSecretLength = 35
}

/// A Secret that is labelled as a binding but cannot be read as one.
package struct BindingError: Error, CustomStringConvertible, Sendable {
    package let secret: ObjectKey
    package let key: String

    package var description: String {
        "binding Secret \(secret) has no usable \"\(key)\": delete it and the operator writes it anew"
    }
}
