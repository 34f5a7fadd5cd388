/// When the last messages were sent, for a limit of so many in a time. Exact: at no time are there more in the window.
struct SendHistory: Sendable, Equatable {
    typealias Instant = ContinuousClock.Instant

    /// The oldest first.
    private var times: [Instant] = []

    var last: Instant? { times.last }
    var isEmpty: Bool { times.isEmpty }

    /// When so many more may be sent; `nil`: now. More than the limit at once is let through when nothing else is there.
    mutating func wait(for count: Int, limit: Int, window: Duration, now: Instant) -> Instant? {
        forget(before: now - window)
        let excess = times.count + min(count, limit) - limit
        return excess > 0 ? times[excess - 1] + window : nil
    }

    mutating func add(_ count: Int, at now: Instant) { times += Array(repeating: now, count: count) }

    mutating func forget(before start: Instant) {
        // At the window's end exactly, it is out.
        if let first = times.firstIndex(where: { $0 > start }) {
            times.removeFirst(first)
        } else {
            times.removeAll()
        }
    }
}
