/// Whether a service is asked at all: one that fails again and again is left alone for a while, then tried with a single call.
/// Pure, the clock comes from outside.
struct CircuitBreaker: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Failures one after another that open it.
    static let threshold = 5
    /// The first pause; each failed try doubles it.
    static let shortestPause = Duration.seconds(10)
    static let longestPause = Duration.seconds(60)

    private enum State: Sendable, Equatable {
        case closed(failures: Int)
        /// Nobody asks until then.
        case open(until: Instant, pause: Duration)
        /// One asks. If nothing is heard of it until then, another one may.
        case trying(until: Instant, pause: Duration)
    }

    /// What is worth a line in the log.
    enum Change: Sendable, Equatable {
        case opened(Duration)
        case closed
    }

    private var state = State.closed(failures: 0)

    var isClosed: Bool { if case .closed = state { true } else { false } }

    /// Whether a call may be made now. Tell how it ended by ``succeeded()`` or ``failed(at:)``.
    mutating func mayCall(at now: Instant) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until, let pause), .trying(let until, let pause):
            guard now >= until else { return false }
            state = .trying(until: now + pause, pause: pause)
            return true
        }
    }

    /// The service has answered, whatever it was.
    mutating func succeeded() -> Change? {
        defer { state = .closed(failures: 0) }
        return isClosed ? nil : .closed
    }

    /// The service could not be reached, took too long, or said that it is broken.
    mutating func failed(at now: Instant) -> Change? {
        switch state {
        case .closed(let failures) where failures + 1 < Self.threshold:
            state = .closed(failures: failures + 1)
            return nil
        case .closed:
            return open(Self.shortestPause, now)
        case .trying(_, let pause):
            // It has been said already.
            _ = open(min(pause * 2, Self.longestPause), now)
            return nil
        case .open:
            // A call of before it opened.
            return nil
        }
    }

    private mutating func open(_ pause: Duration, _ now: Instant) -> Change {
        state = .open(until: now + pause, pause: pause)
        return .opened(pause)
    }
}
