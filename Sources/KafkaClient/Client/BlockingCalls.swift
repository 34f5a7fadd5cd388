import Concurrency

/// A few threads for blocking library calls. They come with the work and go when there is none.
final class BlockingCalls: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var threads = 0
    }

    private let name: String
    private let limit: Int
    private let state = Locked(State())

    /// - Parameter limit: the most threads at a time.
    init(name: String, limit: Int) {
        self.name = name
        self.limit = limit
    }

    /// Runs `body` on one of the threads.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws(KafkaError) -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
            submit {
                do throws(KafkaError) {
                    continuation.resume(returning: try body())
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    private func submit(_ job: @escaping @Sendable () -> Void) {
        let grow = state.withLock { state -> Bool in
            state.waiting.append(job)
            guard state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        guard grow else { return }
        OwnThread.start(name) { [self] in
            while let job = next() { job() }
        }
    }

    /// `nil` ends the thread: counted down under the same lock, so that no job is left without one.
    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.threads -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
