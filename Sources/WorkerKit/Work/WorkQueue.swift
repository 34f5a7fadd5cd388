import Concurrency
import KafkaClient

/// ``WorkState`` for many tasks: those that bring records, those that handle them.
final class WorkQueue: Sendable {
    private struct State {
        var work = WorkState()
        /// Tasks without a job.
        var idle: [CheckedContinuation<Job?, Never>] = []
    }

    private let state = Locked(State())

    /// The next job, as soon as there is one; `nil` when the worker stops.
    func next() async -> Job? {
        await withCheckedContinuation { continuation in
            let answer: Job?? = state.withLock { state in
                if state.work.isStopping { return .some(nil) }
                if let job = state.work.next() { return job }
                state.idle.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    func admit(_ records: [KafkaMessage]) { change { $0.admit(records) } }

    func finish(_ job: Job, isDone: Bool) { change { $0.finish(job, isDone: isDone) } }

    func stop() { change { $0.stop() } }

    var isStopping: Bool { state.withLock { $0.work.isStopping } }

    var waitingCount: Int { state.withLock { $0.work.waitingCount } }

    func beginCommit() -> [TopicPartition: Int64]? { state.withLock { $0.work.beginCommit() } }

    func endCommit(_ offsets: [TopicPartition: Int64], isDone: Bool) {
        state.withLock { $0.work.endCommit(offsets, isDone: isDone) }
    }

    func drop(_ partitions: Set<TopicPartition>) { state.withLock { $0.work.drop(partitions) } }

    func isQuiet(_ partitions: Set<TopicPartition>) -> Bool { state.withLock { $0.work.isQuiet(partitions) } }

    func release(_ partitions: Set<TopicPartition>) -> [TopicPartition: Int64] {
        state.withLock { $0.work.release(partitions) }
    }

    /// Makes a change and gives idle tasks what it brought.
    private func change(_ body: (inout WorkState) -> Void) {
        let woken = state.withLock { state -> [(CheckedContinuation<Job?, Never>, Job?)] in
            body(&state.work)
            var woken: [(CheckedContinuation<Job?, Never>, Job?)] = []
            if state.work.isStopping {
                woken = state.idle.map { ($0, nil) }
                state.idle = []
            }
            while let continuation = state.idle.last, let job = state.work.next() {
                state.idle.removeLast()
                woken.append((continuation, job))
            }
            return woken
        }
        for (continuation, job) in woken { continuation.resume(returning: job) }
    }
}
