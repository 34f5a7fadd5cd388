/// A limit of one in so long, after a burst.
struct LeakyBucket: Sendable, Equatable {
    typealias Instant = ContinuousClock.Instant

    /// When it was last empty, and when it is again if nothing is added.
    private var since: Instant?
    private var done: Instant?

    func isEmpty(_ now: Instant) -> Bool { done.map { $0 <= now } ?? true }

    /// When one more fits; `nil`: now.
    func wait(interval: Duration, burst: Int, now: Instant) -> Instant? {
        guard let since, let done, done > now else { return nil }
        var at = done - interval * (burst - 1)
        // Calls may arrive closer together than they were made. This is not added up: the rate stays the same.
        if at > since { at += interval / 20 }
        return at > now ? at : nil
    }

    mutating func add(_ count: Int, interval: Duration, now: Instant) {
        if isEmpty(now) { since = now }
        done = max(done ?? now, now) + interval * count
    }
}
