/// So many lines a second at the most: thousands of requests that fail a second must not fill the log. Pure; the clock comes from
/// outside.
struct LineBudget: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Lines in a second.
    static let perSecond = 100

    private var second: Instant?
    private var used = 0
    private var suppressed = 0

    /// A line is wanted.
    /// - Returns: how many were left out since the last one; `nil`: this one is left out, too.
    mutating func take(now: Instant) -> Int? {
        if let second, now - second < .seconds(1) {
            guard used < Self.perSecond else {
                suppressed += 1
                return nil
            }
        } else {
            second = now
            used = 0
        }
        used += 1
        defer { suppressed = 0 }
        return suppressed
    }
}
