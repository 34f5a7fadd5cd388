/// How far a bot's updates are safe, which is what Telegram is told with the next `getUpdates`. Pure.
///
/// Telegram keeps what is not confirmed, so nothing of this outlives the process: asked without an offset it begins with
/// the first update that is not confirmed.
struct PollPosition: Sendable, Equatable {
    /// Confirms all updates below it; `nil`: there is nothing to confirm.
    private(set) var offset: Int64?

    /// Telegram has answered a call that had this offset: what is below it is confirmed.
    ///
    /// It is not said again: the numbers may begin anew, lower, when a bot had no updates for a week.
    mutating func confirmed(_ offset: Int64?) {
        if self.offset == offset { self.offset = nil }
    }

    /// Updates of an answer have been taken care of, or could not be.
    /// - Parameters:
    ///   - ids: all of the answer.
    ///   - safe: those that nobody needs any more.
    mutating func settled(_ ids: [Int64], safe: Set<Int64>) {
        let below = ids.filter { !safe.contains($0) }.min()
        let done = ids.filter { id in below.map { id < $0 } ?? true }.max()
        guard let done else { return }
        offset = done &+ 1
    }
}
