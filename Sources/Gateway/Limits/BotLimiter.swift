import Concurrency
import TelegramBotAPI

/// What one bot may call, for all that call the Bot API on its behalf: Telegram counts them together.
final class BotLimiter: Sendable {
    typealias Instant = ContinuousClock.Instant

    private let state: Locked<CallLimiter>

    init(limits: SendLimits = SendLimits()) { state = Locked(CallLimiter(limits: limits)) }

    /// Counts a call when it may be made now.
    /// - Returns: `nil`: make it now; else when to ask again.
    func take(_ call: LimitedCall, now: Instant) -> Instant? { state.withLock { $0.take(call, now: now) } }

    /// Telegram has answered 429 to a call that ``take(_:now:)`` had let through.
    func refused(_ call: LimitedCall, until: Instant, now: Instant) {
        state.withLock { _ = $0.refused(call, until: until, now: now) }
    }

    /// Forgets what it has learnt, and all pauses: the bot has another token.
    func reset() { state.withLock { $0.reset() } }
}
