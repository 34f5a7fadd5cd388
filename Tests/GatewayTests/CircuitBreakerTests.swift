import Testing

@testable import Gateway

@Suite struct CircuitBreakerTests {
    private let start = ContinuousClock.now

    /// One that has just opened.
    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<CircuitBreaker.threshold { _ = breaker.failed(at: start) }
        return breaker
    }

    @Test func failuresOneAfterAnotherOpenIt() {
        var breaker = CircuitBreaker()
        for _ in 1..<CircuitBreaker.threshold {
            #expect(breaker.failed(at: start) == nil)
            #expect(breaker.mayCall(at: start) == true)
        }
        #expect(breaker.failed(at: start) == .opened(CircuitBreaker.shortestPause))
        #expect(!breaker.isClosed)
        #expect(breaker.mayCall(at: start + CircuitBreaker.shortestPause - .milliseconds(1)) == false)
    }

    @Test func aSuccessInBetweenLetsItCountAnew() {
        var breaker = CircuitBreaker()
        for _ in 1..<CircuitBreaker.threshold { _ = breaker.failed(at: start) }
        #expect(breaker.succeeded() == nil)
        for _ in 1..<CircuitBreaker.threshold { #expect(breaker.failed(at: start) == nil) }
    }

    @Test func afterThePauseOneMayTry() {
        var breaker = opened()
        let later = start + CircuitBreaker.shortestPause
        #expect(breaker.mayCall(at: later) == true)
        #expect(breaker.mayCall(at: later) == false)
        #expect(breaker.succeeded() == .closed)
        #expect(breaker.isClosed)
        #expect(breaker.mayCall(at: later) == true)
    }

    @Test func eachFailedTryDoublesThePauseUpToTheLongest() {
        var breaker = opened()
        var now = start
        var pause = CircuitBreaker.shortestPause
        for _ in 0..<6 {
            now += pause
            #expect(breaker.mayCall(at: now) == true)
            #expect(breaker.failed(at: now) == nil)
            pause = min(pause * 2, CircuitBreaker.longestPause)
            #expect(breaker.mayCall(at: now + pause - .milliseconds(1)) == false)
        }
        #expect(pause == CircuitBreaker.longestPause)
    }

    @Test func callsOfBeforeItOpenedChangeNothingUnlessTheySucceed() {
        var breaker = opened()
        #expect(breaker.failed(at: start + .seconds(5)) == nil)
        #expect(breaker.mayCall(at: start + .seconds(9)) == false)
        #expect(breaker.succeeded() == .closed)
    }

    @Test func aTryThatNobodyHearsOfIsFollowedByAnother() {
        var breaker = opened()
        let later = start + CircuitBreaker.shortestPause
        #expect(breaker.mayCall(at: later) == true)
        #expect(breaker.mayCall(at: later + CircuitBreaker.shortestPause - .milliseconds(1)) == false)
        #expect(breaker.mayCall(at: later + CircuitBreaker.shortestPause) == true)
    }
}
