import Concurrency

/// Tasks that others can join while they run.
final class Crew: Sendable {
    private struct State: Sendable {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var next: UInt64 = 0
        var isCancelled = false
    }

    private let state = Locked(State())

    /// Runs `work` in a task of its own, which is cancelled at once when the others were.
    func add(_ work: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            let id = state.next
            state.next += 1
            // Detached: nothing of the task that happens to call is to be inherited.
            let task = Task.detached {
                await work()
                self.remove(id)
            }
            state.tasks[id] = task
            if state.isCancelled { task.cancel() }
        }
    }

    func cancel() {
        let tasks = state.withLock { state in
            state.isCancelled = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
    }

    /// Returns when none is left.
    func wait() async {
        while let task = state.withLock({ $0.tasks.values.first }) { await task.value }
    }

    private func remove(_ id: UInt64) {
        state.withLock { _ = $0.tasks.removeValue(forKey: id) }
    }
}
