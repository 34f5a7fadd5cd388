/// Telegram's limits on what a bot sends, as its FAQ states them and practice has found them. None of them is promised:
/// what is really allowed is learnt from 429s, see ``CallLimiter``.
package struct SendLimits: Sendable, Equatable {
    /// "Avoid sending more than one message per second" to one chat; short bursts pass. Zero: no limit.
    package var chatInterval = Duration.seconds(1)
    package var chatBurst = 3
    /// "Not more than 20 messages per minute to the same group", and to a channel. `nil`: no limit.
    package var groupMessages: Int? = 20
    package var groupWindow = Duration.seconds(60)
    /// "Bulk notifications: about 30 messages per second" of one bot, to all chats. Messages of the interactive lane count,
    /// but are not held back by it. `nil`: no limit.
    package var bulkMessages: Int? = 30
    package var bulkWindow = Duration.seconds(1)
    /// Edits in one chat. Telegram names no figure; this is what a counter that ticks needs. Zero: no limit.
    package var editInterval = Duration.seconds(1)
    package var editBurst = 5

    package init() {}

    /// Nothing but what 429s say: for a Bot API server that has other limits.
    package static var none: SendLimits {
        var limits = SendLimits()
        limits.chatInterval = .zero
        limits.groupMessages = nil
        limits.bulkMessages = nil
        limits.editInterval = .zero
        return limits
    }
}
