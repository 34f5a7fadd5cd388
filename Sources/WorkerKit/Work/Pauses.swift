import Concurrency

/// Pauses that end early when the worker stops.
final class Pauses: Sendable {
    private struct State {
        var isOver = false
        var lastID = 0
        var timers: [Int: Task<Bool, Never>] = [:]
    }

    private let state = Locked(State())

    /// Whether the time passed (`true`), or the worker stops or the task was cancelled (`false`).
    func sleep(for duration: Duration) async -> Bool {
        let timer = Task { await sleepUnlessCancelled(for: duration) }
        let id = state.withLock { state in
            state.lastID += 1
            if state.isOver { timer.cancel() } else { state.timers[state.lastID] = timer }
            return state.lastID
        }
        let passed = await withTaskCancellationHandler {
            await timer.value
        } onCancel: {
            timer.cancel()
        }
        state.withLock { _ = $0.timers.removeValue(forKey: id) }
        return passed
    }

    /// Ends all pauses, and those to come at once.
    func end() {
        let timers = state.withLock { state in
            defer { state.timers = [:] }
            state.isOver = true
            return state.timers
        }
        for timer in timers.values { timer.cancel() }
    }
}
