import Concurrency
import KubernetesTypes
import PlatformAPI

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
        /// What was last found right in Kafka: fingerprint of the wish, by which way in (a hash: passwords are not kept here),
        /// and when.
        var topics: (wish: String, access: Int, at: ContinuousClock.Instant)?
        /// When the topics were last marked and the offsets of a sleeping group committed again.
        var refreshedAt: ContinuousClock.Instant?
        /// Until when Telegram is left alone.
        var pause: TelegramPause?
        /// Whether Telegram had another webhook than was set when it was last asked, and that was left so.
        var isWebhookDrifted = false
        /// Where the bot's messages had come to when last looked.
        var delivery: DeliveryLook?
        /// Some messages may be standing still: it is looked again soon.
        var isDeliveryInDoubt = false
        /// Partitions of the incoming topic, when last looked.
        var partitions: Int?
        /// Until when a gateway that polled the bot is given time to end that, before the bot gets a webhook.
        var pollingEndsAt: ContinuousClock.Instant?
        /// The gateway was told to poll no more, because the bot is being deleted.
        var hasPollingEnded = false
        /// When getWebhookInfo was last asked.
        var webhookCheckedAt: ContinuousClock.Instant?
        var profile: Profile?
        var sleep = BotSleep()
        /// The status last written, and the uid of its resource, until the watch shows it.
        var status: (uid: String?, value: TelegramBotStatus)?
        /// The uid of the resource whose deletion was seen to its end.
        var released: String?
    }

    /// On the heap, because a table has room for more entries than it holds.
    private indirect enum Kept: Sendable {
        case entry(Entry)

        var entry: Entry {
            switch self {
            case .entry(let entry): entry
            }
        }
    }

    private let entries = Locked<[ObjectKey: Kept]>([:])

    subscript(key: ObjectKey) -> Entry {
        entries.withLock { $0[key]?.entry ?? Entry() }
    }

    /// Changes what is remembered and answers something of it, at once.
    func with<Result: Sendable>(_ key: ObjectKey, _ change: @Sendable (inout Entry) -> Result) -> Result {
        entries.withLock { entries in
            var entry = entries[key]?.entry ?? Entry()
            defer { entries[key] = .entry(entry) }
            return change(&entry)
        }
    }

    /// The bot with the status that was last written, should the watch still show one of before: what has been told to
    /// Telegram and Kafka stands in it.
    func latest(_ bot: TelegramBot) -> TelegramBot {
        guard let written = self[bot.key].status, written.uid == bot.metadata.uid else { return bot }
        var bot = bot
        bot.status = written.value
        return bot
    }

    /// The watch shows a bot: its status need not be kept any longer when it is the one last written.
    func seen(_ bot: TelegramBot) {
        entries.withLock { entries in
            guard var entry = entries[bot.key]?.entry, let written = entry.status,
                written.value == bot.status || written.uid != bot.metadata.uid
            else { return }
            entry.status = nil
            entries[bot.key] = .entry(entry)
        }
    }

    func update(_ key: ObjectKey, _ change: (inout Entry) -> Void) {
        entries.withLock { entries in
            var entry = entries[key]?.entry ?? Entry()
            change(&entry)
            entries[key] = .entry(entry)
        }
    }

    func forget(_ key: ObjectKey) {
        entries.withLock { _ = $0.removeValue(forKey: key) }
    }
}
