package import KubernetesTypes

/// What the operator saw and did.
package struct TelegramBotStatus: Codable, Sendable, Equatable {
    /// `bot_<number>`, once Telegram has confirmed the token.
    package var botID: String?
    /// The bot's @username without the @.
    package var username: String?
    /// The generation of the spec that this status is of.
    package var observedGeneration: Int64?
    package var webhook: Webhook?
    package var replicas: Replicas?
    package var kafka: Kafka?
    package var conditions: [Condition]?

    package init() {}

    package struct Webhook: Codable, Sendable, Equatable {
        package var url: String?
        /// The Bot API server that was told, so that a deletion finds it when the gateway has changed.
        package var apiBaseURL: String?
        /// Fingerprint of the settings last given to Telegram: a difference means that they must be given again.
        package var appliedHash: String?
        /// Updates that Telegram holds because they could not be delivered, when last asked.
        package var pendingUpdates: Int?
        /// Telegram's last delivery error, when last asked.
        package var lastError: String?

        package init(url: String? = nil, apiBaseURL: String? = nil, appliedHash: String? = nil) {
            self.url = url
            self.apiBaseURL = apiBaseURL
            self.appliedHash = appliedHash
        }
    }

    package struct Replicas: Codable, Sendable, Equatable {
        package var current: Int
        package var ready: Int
        package var min: Int
        package var max: Int

        package init(current: Int, ready: Int, min: Int, max: Int) {
            self.current = current
            self.ready = ready
            self.min = min
            self.max = max
        }
    }

    package struct Kafka: Codable, Sendable, Equatable {
        package var incomingTopic: String
        package var outgoingTopic: String
        /// The brokers that have them, so that a deletion finds them when the gateway has changed.
        package var bootstrapServers: String?

        package init(incomingTopic: String, outgoingTopic: String, bootstrapServers: String? = nil) {
            self.incomingTopic = incomingTopic
            self.outgoingTopic = outgoingTopic
            self.bootstrapServers = bootstrapServers
        }
    }
}
