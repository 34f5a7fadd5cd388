import Concurrency

/// Keeps something that may happen a thousand times a second from writing a thousand lines a second: one line an interval,
/// which says how often it happened since the one before.
package final class LogThrottle: Sendable {
    private struct State: Sendable {
        var last: ContinuousClock.Instant?
        var count = 0
    }

    private let interval: Duration
    private let state = Locked(State())

    package init(interval: Duration = .seconds(10)) { self.interval = interval }

    /// It has happened.
    /// - Parameter times: how often.
    /// - Returns: how often since the last line, this time included, when a line is due; `nil` when it is not.
    package func due(now: ContinuousClock.Instant = .now, times: Int = 1) -> Int? {
        state.withLock { state in
            state.count += times
            if let last = state.last, now - last < interval { return nil }
            defer { state = State(last: now, count: 0) }
            return state.count
        }
    }
}
