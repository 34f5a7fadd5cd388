import Concurrency

/// Something that happens once and that any number of tasks may wait for.
package final class StopSignal: Sendable {
    private struct State: Sendable {
        var isSet = false
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var cancelled: Set<UInt64> = []
        var next: UInt64 = 0
    }

    private let state = Locked(State())

    package init() {}

    package var isSet: Bool { state.withLock { $0.isSet } }

    /// Lets it happen. Answers whether it had not before.
    @discardableResult
    package func set() -> Bool {
        let (isNews, waiters) = state.withLock { state in
            defer {
                state.isSet = true
                state.waiters = [:]
            }
            return (!state.isSet, Array(state.waiters.values))
        }
        for waiter in waiters { waiter.resume() }
        return isNews
    }

    /// Returns once it has happened, or when the task is cancelled.
    package func wait() async {
        let id = state.withLock { state -> UInt64 in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    if state.isSet || state.cancelled.contains(id) { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
                state.cancelled.insert(id)
                return state.waiters.removeValue(forKey: id)
            }
            waiter?.resume()
        }
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    /// Returns after `duration`, or when it has happened, or when the task is cancelled.
    func wait(atMost duration: Duration, clock: RuntimeClock) async {
        if isSet || duration <= .zero { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { _ = await clock.sleepUnlessCancelled(for: duration) }
            await group.next()
            group.cancelAll()
        }
    }
}
