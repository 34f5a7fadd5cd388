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
    /// Present while the operator keeps something of the profile.
    package var profile: Profile?
    /// Present while Telegram is not asked anything.
    package var telegram: Telegram?
    package var replicas: Replicas?
    package var kafka: Kafka?
    package var rollout: Rollout?
    /// What became of versions of the worker, the latest first.
    package var history: [HistoryEntry]?
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

    package struct Profile: Codable, Sendable, Equatable {
        /// Fingerprint of the profile last given to Telegram as a whole: a difference found under it is somebody else's.
        package var appliedHash: String?
        /// The parts that the operator keeps, as "name/de" or "commands/all_private_chats": those taken out of the spec are
        /// cleared.
        package var managed: [String]?
        /// Until when Telegram takes no changes of the profile, RFC 3339.
        package var retryAt: String?

        package init(appliedHash: String? = nil, managed: [String]? = nil, retryAt: String? = nil) {
            self.appliedHash = appliedHash
            self.managed = managed
            self.retryAt = retryAt
        }
    }

    /// Until when Telegram is left alone: it said so, or it refused the token.
    package struct Telegram: Codable, Sendable, Equatable {
        /// RFC 3339.
        package var retryAt: String
        /// Fingerprint of the token that this is of.
        package var tokenHash: String

        package init(retryAt: String, tokenHash: String) {
            self.retryAt = retryAt
            self.tokenHash = tokenHash
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

    /// Where the worker's versions stand.
    package struct Rollout: Codable, Sendable, Equatable {
        /// The image that is asked for.
        package var image: String
        /// Fingerprint of the pod template that is asked for.
        package var template: String
        /// Since when workers of it have been waited for, RFC 3339; absent while none is waited for.
        package var startedAt: String?
        /// The image of the last version whose workers became ready.
        package var goodImage: String?
        /// Fingerprint of that version's pod template.
        package var goodTemplate: String?
        /// Fingerprint of a pod template whose workers did not become ready in time: it is not tried again.
        package var failedTemplate: String?
        /// Fingerprint of the last version whose migration succeeded.
        package var migrated: String?

        package init(image: String, template: String) {
            self.image = image
            self.template = template
        }
    }

    /// What became of one version of the worker.
    package struct HistoryEntry: Codable, Sendable, Equatable {
        package enum Result: String, Codable, Sendable, CaseIterable {
            /// Its workers became ready.
            case deployed = "Deployed"
            /// Its workers did not become ready in time.
            case failed = "Failed"
            /// As `Failed`, and the image before runs again.
            case rolledBack = "RolledBack"
            /// Its migration failed, and it was not rolled out.
            case migrationFailed = "MigrationFailed"
        }

        package var image: String
        package var result: Result
        /// RFC 3339.
        package var at: String
        /// Fingerprint of the version's pod template.
        package var template: String

        package init(image: String, result: Result, at: String, template: String) {
            self.image = image
            self.result = result
            self.at = at
            self.template = template
        }
    }

    /// Puts an entry at the head of the history, which keeps the last ten.
    package mutating func remember(_ entry: HistoryEntry) {
        history = Array(([entry] + (history ?? [])).prefix(10))
    }

    package struct Kafka: Codable, Sendable, Equatable {
        package var incomingTopic: String
        package var outgoingTopic: String
        /// The brokers that have them, so that a deletion finds them when the gateway has changed.
        package var bootstrapServers: String?
        /// Fingerprint of what was last brought about: a difference found under it is somebody else's.
        package var appliedHash: String?
        /// Updates that no worker had committed when last looked.
        package var lag: Int64?
        /// Names of the settings that were given to the incoming topic, so that those no longer asked for are taken off.
        package var configured: [String]?
        /// The topic with results of calls, once it is the bot's.
        package var resultsTopic: String?

        package init(incomingTopic: String, outgoingTopic: String, bootstrapServers: String? = nil) {
            self.incomingTopic = incomingTopic
            self.outgoingTopic = outgoingTopic
            self.bootstrapServers = bootstrapServers
        }
    }
}
