import Observability
import Testing

@Suite struct LogThrottleTests {
    @Test func oneLineAnIntervalSaysHowOften() {
        let throttle = LogThrottle(interval: .seconds(10))
        let start = ContinuousClock.now
        #expect(throttle.due(now: start) == 1)
        for second in 1...9 { #expect(throttle.due(now: start + .seconds(second)) == nil) }
        #expect(throttle.due(now: start + .seconds(10)) == 10)
        #expect(throttle.due(now: start + .seconds(11), times: 5) == nil)
        #expect(throttle.due(now: start + .seconds(21)) == 6)
    }
}
