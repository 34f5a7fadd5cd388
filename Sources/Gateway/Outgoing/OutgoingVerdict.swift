import Concurrency
import JSON
import PlatformAPI
import TelegramBotAPI

/// What becomes of an outgoing record after a call. Pure.
enum OutgoingVerdict: Sendable, Equatable {
    /// Nothing is left to do.
    case delivered
    /// The same call again. `isFlood`: Telegram said when.
    case retry(after: Duration, isFlood: Bool)
    /// The same call to another chat: the group has become a supergroup.
    case rewrite(chat: Int64)
    /// It cannot be delivered. `reason` is one word for machines.
    case deadLetter(reason: String, description: String)
    /// The token is refused: nothing is called for the bot until it has another, or some time has passed.
    case pauseBot(description: String)

    /// How long a bot whose token is refused is left alone.
    static let refusedTokenPause = Duration.seconds(60)

    /// - Parameters:
    ///   - failure: what the call ended in; `nil` for success.
    ///   - age: since the record's first call.
    ///   - random: 0...1, for the jitter.
    static func of(
        _ failure: TelegramError?, _ item: OutgoingItem, age: Duration, giveUpAfter: Duration,
        random: Double = .random(in: 0...1)
    ) -> OutgoingVerdict {
        // An answer with 5xx is taken for "not done": the server said so itself. Only silence is an unknown outcome.
        let disposition = Disposition.disposition(
            for: failure, method: item.method, repeatsWhenUnknown: failure?.code == .server)
        let text = failure?.apiDescription ?? failure?.message ?? ""
        switch disposition {
        case .done: return .delivered
        case .retry(let after):
            // Telegram may ask for a wait that is longer than the answer is worth: it must not hold up its chat for that.
            if age + (after ?? .zero) > giveUpAfter { return .deadLetter(reason: "given_up", description: text) }
            let backoff = Backoff.delay(
                failures: max(item.attempts - 1, 0), base: .milliseconds(500), maximum: .seconds(30), random: random)
            return .retry(after: after ?? backoff, isFlood: after != nil)
        case .rewriteChat(let chat):
            return item.wasRewritten
                ? .deadLetter(reason: "chat_migrated_again", description: text) : .rewrite(chat: chat)
        case .pauseBot(let reason): return .pauseBot(description: reason)
        case .outcomeUnknown(let reason): return .deadLetter(reason: "outcome_unknown", description: reason)
        case .deadLetter(let reason):
            return .deadLetter(reason: name(of: failure), description: reason)
        }
    }

    private static func name(of failure: TelegramError?) -> String {
        switch failure?.code {
        case .forbidden: "forbidden"
        case .methodNotFound: "method_not_found"
        case .payloadTooLarge: "payload_too_large"
        case .invalidRequest: "invalid_request"
        case .malformedAnswer: "malformed_answer"
        default: "bad_request"
        }
    }
}
