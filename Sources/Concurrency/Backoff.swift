/// Exponential back-off with jitter: each delay is drawn from `[(1 - jitter) · d, d]` where `d` doubles (by default)
/// from `base` up to `maximum`.
package struct Backoff: Sendable {
    /// The first delay before jitter.
    package let base: Duration
    /// The longest delay before jitter.
    package let maximum: Duration
    /// What each delay is multiplied with to get the next.
    package let factor: Double
    /// The part of a delay that is random, 0...1. It keeps many clients that failed together from retrying together.
    package let jitter: Double
    private var failures = 0

    package init(base: Duration, maximum: Duration, factor: Double = 2, jitter: Double = 0.2) {
        precondition(base > .zero && maximum >= base && factor >= 1 && (0...1).contains(jitter))
        self.base = base
        self.maximum = maximum
        self.factor = factor
        self.jitter = jitter
    }

    /// The delay before the next try; every call counts one more failure.
    package mutating func next(random: Double = .random(in: 0...1)) -> Duration {
        defer { failures += 1 }
        return Self.delay(
            failures: failures, base: base, maximum: maximum, factor: factor, jitter: jitter, random: random)
    }

    /// Forgets the failures: the next delay is `base` again.
    package mutating func reset() { failures = 0 }

    /// The delay after `failures` failures, for callers that keep the count themselves.
    package static func delay(
        failures: Int, base: Duration, maximum: Duration, factor: Double = 2, jitter: Double = 0.2,
        random: Double = .random(in: 0...1)
    ) -> Duration {
        var delay = base
        var left = failures
        // With a factor of 1 it would never end early.
        while left > 0, delay < maximum, factor > 1 {
            delay = delay * factor
            left -= 1
        }
        return min(delay, maximum) * (1 - jitter * random)
    }
}
