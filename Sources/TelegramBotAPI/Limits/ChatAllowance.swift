/// What ``CallLimiter`` remembers of one chat.
struct ChatAllowance: Sendable {
    typealias Instant = ContinuousClock.Instant

    var messages = LeakyBucket()
    var edits = LeakyBucket()
    /// Of groups only.
    var history = SendHistory()
    /// When it was written to, the last time and before that.
    private var last: Instant?
    private var before: Instant?
    var pausedUntil: Instant?
    /// How often its rate is halved, and since when.
    private(set) var slowness = 0
    private var slowSince: Instant?

    private static let maxSlowness = 4
    /// So long without a 429 doubles the rate again.
    private static let recoveryTime = Duration.seconds(60)

    /// A message or an edit goes out.
    mutating func note(_ now: Instant) {
        before = last
        last = now
    }

    /// Too fast for Telegram, which allows the next call then.
    mutating func slowDown(until: Instant) {
        slowness = min(slowness + 1, Self.maxSlowness)
        slowSince = until
    }

    mutating func recover(_ now: Instant) {
        while slowness > 0, let since = slowSince, now - since >= Self.recoveryTime {
            slowness -= 1
            slowSince = since + Self.recoveryTime
        }
    }

    /// Whether there was another message before the last one, so that a limit of the chat's own may be reached.
    func wasBusy(within window: Duration) -> Bool {
        guard let last, let before else { return false }
        return last - before < window
    }

    /// Whether nothing is left to know.
    func isForgettable(_ now: Instant, after age: Duration) -> Bool {
        slowness == 0 && messages.isEmpty(now) && edits.isEmpty(now)
            && [pausedUntil, last.map { $0 + age }].compactMap { $0 }.allSatisfy { $0 <= now }
    }
}
