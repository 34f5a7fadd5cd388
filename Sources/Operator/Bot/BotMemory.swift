import Concurrency
import KubernetesTypes

/// What the operator remembers of each bot between reconciles so as not to ask Telegram and Kafka again each time. All of
/// it can be lost: then it is asked again.
final class BotMemory: Sendable {
    /// What came of the last look at a bot's profile.
    struct Profile: Sendable {
        /// Fingerprint of the wish that it was about.
        var hash: String
        var checkedAt: ContinuousClock.Instant
        /// After a failure: when to try again.
        var notBefore: ContinuousClock.Instant?
        /// Failures in a row.
        var failures = 0
        /// What somebody else changed and was left, as names.
        var drifted: [String] = []
    }

    struct Entry: Sendable {
        /// The token as last read, and the version of the Secret it was read from.
        var token: (secretVersion: String, credential: BotCredential)?
        /// When Telegram last confirmed the token, and which.
        var verified: (fingerprint: String, at: ContinuousClock.Instant)?
        /// What was last found right in Kafka: fingerprint of the wish, and when.
        var topics: (wish: String, at: ContinuousClock.Instant)?
        /// When getWebhookInfo was last asked.
        var webhookCheckedAt: ContinuousClock.Instant?
        var profile: Profile?
        /// The uid of the resource whose deletion was seen to its end.
        var released: String?
    }

    private let entries = Locked<[ObjectKey: Entry]>([:])

    subscript(key: ObjectKey) -> Entry {
        entries.withLock { $0[key] ?? Entry() }
    }

    func update(_ key: ObjectKey, _ change: (inout Entry) -> Void) {
        entries.withLock { change(&$0[key, default: Entry()]) }
    }

    func forget(_ key: ObjectKey) {
        entries.withLock { _ = $0.removeValue(forKey: key) }
    }
}
