extension TelegramBotSpec {
    /// What must succeed before a new version of the worker rolls out: a Job of the worker's image.
    package struct Migration: Codable, Sendable, Equatable {
        /// Replaces the image's entry point; absent: the worker's.
        package var command: [String]?
        /// Absent: the worker's.
        package var args: [String]?
        /// How long it may take, as "10m"; absent: 10 minutes.
        package var timeout: String?
        /// Pods that may fail before it counts as failed; absent: 3.
        package var retries: Int?

        package init(command: [String]? = nil, args: [String]? = nil, timeout: String? = nil, retries: Int? = nil) {
            self.command = command
            self.args = args
            self.timeout = timeout
            self.retries = retries
        }
    }

    /// How a new version of the worker replaces the one before.
    package struct Rollout: Codable, Sendable, Equatable {
        /// How long workers of a new version may take to become ready, as "10m"; absent: 10 minutes.
        package var deadline: String?
        /// What happens when they do not; absent: `Rollback`.
        package var onFailure: FailurePolicy?

        package init(deadline: String? = nil, onFailure: FailurePolicy? = nil) {
            self.deadline = deadline
            self.onFailure = onFailure
        }
    }

    package enum FailurePolicy: String, Codable, Sendable, CaseIterable {
        /// The image that last worked runs again.
        case rollback = "Rollback"
        /// The new version stays, and is said to have failed.
        case keep = "Keep"
    }
}
