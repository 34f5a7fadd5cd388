import Concurrency
import TelegramBotAPI

/// Why a bot's `getUpdates` did not bring its updates into Kafka. Pure.
enum PollTrouble: String, Sendable, Equatable, CaseIterable {
    /// Telegram has said when to ask again.
    case rateLimited = "rate_limited"
    /// The bot has a webhook: the operator takes it away, or somebody has set one.
    case webhookSet = "webhook_set"
    /// Somebody else asks for the bot's updates.
    case otherPoller = "other_poller"
    /// The token is refused.
    case tokenRefused = "token_refused"
    /// Telegram cannot be reached, fails, or answers what cannot be read.
    case failed = "failed"
    /// The broker has not acknowledged what came.
    case brokerUnavailable = "broker_unavailable"

    /// What the failure of a call means.
    init(_ error: TelegramError) {
        switch error.code {
        case .tooManyRequests: self = .rateLimited
        case .conflict: self = error.apiDescription?.contains("ebhook") == true ? .webhookSet : .otherPoller
        default: self = error.isTokenRefused ? .tokenRefused : .failed
        }
    }

    /// How long to wait before the next call.
    /// - Parameters:
    ///   - failures: calls in a row that had the same trouble, this one not counted.
    ///   - retryAfter: what Telegram said.
    ///   - random: 0...1, for the jitter.
    func pause(failures: Int, retryAfter: Duration? = nil, random: Double = .random(in: 0...1)) -> Duration {
        func backoff(_ base: Duration, _ maximum: Duration) -> Duration {
            Backoff.delay(failures: failures, base: base, maximum: maximum, random: random)
        }
        switch self {
        case .rateLimited: return retryAfter ?? .seconds(1)
        case .tokenRefused: return OutgoingVerdict.refusedTokenPause
        // A gateway that gives the bot away ends within seconds, and so does an operator that changes how it is reached.
        case .webhookSet, .otherPoller: return backoff(.seconds(1), .seconds(30))
        case .failed: return backoff(.milliseconds(500), .seconds(30))
        case .brokerUnavailable: return backoff(.milliseconds(500), .seconds(10))
        }
    }

    /// For the log: what it means and what to do.
    var meaning: String {
        switch self {
        case .rateLimited: "Telegram asks to be left alone; its updates wait"
        case .webhookSet: "the bot has a webhook, so Telegram gives out no updates; they wait until it is taken away"
        case .otherPoller: "somebody else asks for the bot's updates: end that, or the two take them from each other"
        case .tokenRefused: "the Bot API refuses the bot's token; its updates wait"
        case .failed: "the bot's updates cannot be asked for; they wait at Telegram"
        case .brokerUnavailable: "the broker does not take the bot's updates; they wait at Telegram"
        }
    }
}
