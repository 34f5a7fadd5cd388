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
        /// Fingerprint of the settings last given to Telegram: a difference means that they must be given again.
        package var appliedHash: String?
        /// Updates that Telegram holds because they could not be delivered, when last asked.
        package var pendingUpdates: Int?
        /// Telegram's last delivery error, when last asked.
        package var lastError: String?

        package init(url: String? = nil, appliedHash: String? = nil) {
            self.url = url
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

        package init(incomingTopic: String, outgoingTopic: String) {
            self.incomingTopic = incomingTopic
            self.outgoingTopic = outgoingTopic
        }
    }
}
