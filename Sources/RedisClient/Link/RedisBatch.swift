import Concurrency

/// Commands of one caller that go out together, and the caller that waits for their answers.
final class RedisBatch: Sendable {
    /// What became of it.
    enum Outcome: Sendable {
        /// One for each command.
        case answered([RedisReply])
        /// The answers that came, and why the others did not.
        case failed(RedisError, after: [RedisReply])
    }

    private struct State: Sendable {
        var outcome: Outcome?
        var waiter: CheckedContinuation<Outcome, Never>?
    }

    /// The commands as they are sent.
    let bytes: [UInt8]
    /// How many commands it has, at least 1.
    let count: Int
    let submitted: ContinuousClock.Instant
    let deadline: ContinuousClock.Instant
    /// The client's own `PING`: nobody waits for it, and it counts nowhere.
    let isProbe: Bool
    private let state = Locked(State())

    init(
        bytes: [UInt8], count: Int, submitted: ContinuousClock.Instant, timeout: Duration, isProbe: Bool = false
    ) {
        self.bytes = bytes
        self.count = count
        self.submitted = submitted
        deadline = submitted + timeout
        self.isProbe = isProbe
    }

    /// Whether nobody waits any more.
    var isFinished: Bool { state.withLock { $0.outcome != nil } }

    /// The first outcome counts.
    func finish(_ outcome: Outcome) {
        let waiter = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: outcome)
    }

    /// Waits for the outcome. Called once. A cancelled task gets `cancelled` at once; an answer that comes later is thrown
    /// away.
    func outcome(cancelled: @autoclosure @escaping @Sendable () -> RedisError) async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = state.withLock { state -> Outcome? in
                    if state.outcome == nil { state.waiter = continuation }
                    return state.outcome
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            finish(.failed(cancelled(), after: []))
        }
    }
}
