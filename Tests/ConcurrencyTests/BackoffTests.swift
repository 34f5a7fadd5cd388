import Concurrency
import Testing

@Suite struct BackoffTests {
    @Test func delaysDoubleUpToTheMaximum() {
        var backoff = Backoff(base: .seconds(1), maximum: .seconds(10))
        let delays = (0..<6).map { _ in backoff.next(random: 0) }
        #expect(delays == [1, 2, 4, 8, 10, 10].map { Duration.seconds($0) })
    }

    @Test func resetBeginsAnew() {
        var backoff = Backoff(base: .seconds(1), maximum: .seconds(10))
        _ = backoff.next(random: 0)
        _ = backoff.next(random: 0)
        backoff.reset()
        #expect(backoff.next(random: 0) == .seconds(1))
    }

    @Test func jitterOnlyShortens() {
        let full = Backoff.delay(failures: 2, base: .seconds(1), maximum: .seconds(60), jitter: 0.5, random: 0)
        let least = Backoff.delay(failures: 2, base: .seconds(1), maximum: .seconds(60), jitter: 0.5, random: 1)
        #expect(full == .seconds(4))
        #expect(least == .seconds(2))
        var backoff = Backoff(base: .milliseconds(100), maximum: .seconds(1), jitter: 0.2)
        for _ in 0..<100 {
            let delay = backoff.next()
            #expect(delay >= .milliseconds(80) && delay <= .seconds(1))
        }
    }

    @Test func manyFailuresNeitherOverflowNorTakeLong() {
        #expect(
            Backoff.delay(failures: .max, base: .seconds(1), maximum: .seconds(300), random: 0) == .seconds(300))
        #expect(
            Backoff.delay(failures: .max, base: .seconds(1), maximum: .seconds(300), factor: 1, random: 0)
                == .seconds(1))
    }

    @Test func aFactorMayBeAnyAboveOne() {
        let delay = Backoff.delay(failures: 2, base: .seconds(1), maximum: .seconds(9), factor: 3, random: 0)
        #expect(delay == .seconds(9))
    }
}
