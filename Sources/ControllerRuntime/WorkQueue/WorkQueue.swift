package import Concurrency

/// Keys waiting to be worked on by any number of workers: ``WorkQueueState`` with waiting.
package final class WorkQueue<Key: Hashable & Sendable>: Sendable {
    private struct Waiter: Sendable {
        let id: UInt64
        let continuation: CheckedContinuation<Key?, Never>
    }

    private struct State: Sendable {
        var core: WorkQueueState<Key>
        /// In the order of their coming.
        var waiters: [Waiter] = []
        /// Waiters that were cancelled before they came.
        var cancelled: Set<UInt64> = []
        var idleWaiters: [CheckedContinuation<Void, Never>] = []
        var nextWaiter: UInt64 = 0
        var timer: Task<Void, Never>?
        var timerDeadline: Duration?
    }

    /// What is done outside the lock after a change.
    private struct Wakeups: Sendable {
        var handouts: [(CheckedContinuation<Key?, Never>, Key?)] = []
        var idle: [CheckedContinuation<Void, Never>] = []

        func perform() {
            for (continuation, key) in handouts { continuation.resume(returning: key) }
            for continuation in idle { continuation.resume() }
        }
    }

    private let state: Locked<State>
    private let clock: RuntimeClock
    private let metrics: WorkQueueMetrics?

    /// - Parameters:
    ///   - retry: the delays of ``addRateLimited(_:)``, by the number of failures of the key.
    ///   - backgroundLimit: how many keys that are not `normal` may be worked on at the same time.
    ///   - retryLimit: how many of those may have failed before.
    ///   - metrics: where depth, adds and retries are counted.
    package init(
        retry: Backoff = Backoff(base: .milliseconds(500), maximum: .seconds(300)), backgroundLimit: Int = .max,
        retryLimit: Int = .max, clock: RuntimeClock = .continuous, metrics: WorkQueueMetrics? = nil
    ) {
        state = Locked(
            State(core: WorkQueueState(retry: retry, backgroundLimit: backgroundLimit, retryLimit: retryLimit)))
        self.clock = clock
        self.metrics = metrics
    }

    deinit {
        state.withLock { $0.timer }?.cancel()
    }

    /// Keys in line.
    package var depth: Int { state.withLock { $0.core.depth } }
    /// Keys waiting for a time.
    package var delayedCount: Int { state.withLock { $0.core.delayedCount } }
    /// Keys being worked on.
    package var processingCount: Int { state.withLock { $0.core.processingCount } }

    /// Puts `key` in line, unless it stands there already.
    package func add(_ key: Key, priority: WorkPriority = .normal) {
        change { $0.core.add(key, priority: priority) ? 1 : 0 }
    }

    /// Lets `key` come up after `delay`, unless it comes up before anyway.
    package func add(_ key: Key, after delay: Duration) {
        let now = clock.now()
        change { $0.core.add(key, at: now + delay, now: now) ? 1 : 0 }
    }

    /// Counts a failure of `key` and lets it come up after the back-off for so many. Answers the delay.
    @discardableResult
    package func addRateLimited(_ key: Key) -> Duration {
        let now = clock.now()
        metrics?.recordRetry()
        return change { state -> (Int, Duration) in (1, state.core.addRateLimited(key, now: now)) }
    }

    /// Forgets the failures of `key`: it succeeded.
    package func forget(_ key: Key) {
        state.withLock { $0.core.forget(key) }
    }

    /// How often `key` failed since it last succeeded.
    package func failures(of key: Key) -> Int {
        state.withLock { $0.core.failures(of: key) }
    }

    /// The next key to work on; ``done(_:)`` must follow. `nil` once the queue was shut down and nothing is left, or
    /// when the task was cancelled.
    package func next() async -> Key? {
        let id = state.withLock { state -> UInt64 in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let key = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                change { state -> Int in
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return 0
                }
            }
        } onCancel: {
            change { state -> Int in
                state.cancelled.insert(id)
                return 0
            }
        }
        if Task.isCancelled { state.withLock { _ = $0.cancelled.remove(id) } }
        return key
    }

    /// The work on `key` has ended.
    package func done(_ key: Key) {
        change { state -> Int in
            let before = state.core.depth
            state.core.done(key)
            return state.core.depth - before
        }
    }

    /// The work on `key` goes on without a worker: it counts for no limit any more. ``done(_:)`` must follow all the same.
    package func stepAside(_ key: Key) {
        change { state -> Int in
            state.core.stepAside(key)
            return 0
        }
    }

    /// Takes nothing more. What is in line is still handed out, unless it is discarded; then ``next()`` answers `nil`.
    package func shutDown(discarding: Bool = false) {
        change { state -> Int in
            state.core.shutDown(discarding: discarding)
            return 0
        }
    }

    /// Returns when nothing is in line and nothing being worked on.
    package func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            change { state -> Int in
                state.idleWaiters.append(continuation)
                return 0
            }
        }
    }

    /// Changes the state by `body`, which answers how many keys it put in line, and does what follows from it.
    private func change(_ body: (inout State) -> Int) {
        change { state -> (Int, Void) in (body(&state), ()) }
    }

    private func change<Result: Sendable>(_ body: (inout State) -> (Int, Result)) -> Result {
        let (result, wakeups) = state.withLock { state -> (Result, Wakeups) in
            let (added, result) = body(&state)
            let wakeups = settle(&state)
            // Under the lock, or an older depth could be the last one that is told.
            metrics?.record(depth: state.core.depth, delayed: state.core.delayedCount, added: added)
            return (result, wakeups)
        }
        wakeups.perform()
        return result
    }

    private func settle(_ state: inout State) -> Wakeups {
        var wakeups = Wakeups()
        if !state.cancelled.isEmpty {
            for waiter in state.waiters where state.cancelled.contains(waiter.id) {
                wakeups.handouts.append((waiter.continuation, nil))
            }
            state.waiters.removeAll { state.cancelled.contains($0.id) }
        }
        var served = 0
        while served < state.waiters.count, let key = state.core.next() {
            wakeups.handouts.append((state.waiters[served].continuation, key))
            served += 1
        }
        state.waiters.removeFirst(served)
        if state.core.isFinished {
            for waiter in state.waiters { wakeups.handouts.append((waiter.continuation, nil)) }
            state.waiters.removeAll()
        }
        if state.core.isIdle {
            wakeups.idle = state.idleWaiters
            state.idleWaiters.removeAll()
        }
        setTimer(&state)
        return wakeups
    }

    private func setTimer(_ state: inout State) {
        guard let deadline = state.core.nextDeadline() else {
            state.timer?.cancel()
            state.timer = nil
            state.timerDeadline = nil
            return
        }
        if let known = state.timerDeadline, known <= deadline { return }
        state.timer?.cancel()
        state.timerDeadline = deadline
        let clock = clock
        state.timer = Task { [weak self] in
            guard await clock.sleepUnlessCancelled(for: max(.zero, deadline - clock.now())) else { return }
            self?.fire(deadline)
        }
    }

    private func fire(_ deadline: Duration) {
        let now = clock.now()
        change { state -> Int in
            if state.timerDeadline == deadline {
                state.timer = nil
                state.timerDeadline = nil
            }
            return state.core.fireDue(now: now)
        }
    }
}
