package import KubernetesTypes
package import Observability

import Concurrency

/// Lets the world follow the objects of one kind: whenever something about an object may have changed, `reconcile` is
/// called with its name, never twice at once for the same one.
///
/// A reconcile looks at the present state (``store`` and others) and does what is missing; it must not care what made
/// it run. It runs for objects that are gone, too. No reconcile runs before the stores of all sources are synced.
///
/// A process that waits to become the leader may run the reflectors beforehand, to begin with full stores when it does.
package final class Controller<Primary: Sendable>: Service {
    /// Makes the world as the object of this name says.
    package typealias Reconcile = @Sendable (ObjectKey) async throws -> ReconcileResult

    package let name: String
    /// The objects.
    package var store: Store<Primary> { primary.store }
    private let primary: Reflector<Primary>
    private let owned: [OwnedKind]
    private let settings: ControllerSettings
    private let reconcile: Reconcile
    private let queue: WorkQueue<ObjectKey>
    private let logger: Logger
    private let metrics: ControllerMetrics?
    private let health: HealthRegistry?
    private let clock: RuntimeClock
    private let crew = Crew()
    /// Reconciles that have given their worker away.
    private let waiting = Locked(0)
    private let stopping = StopSignal()
    /// All stores are synced (or the controller is being shut down).
    private let gate = StopSignal()

    /// - Parameters:
    ///   - name: for logs, metrics and the health check: "telegrambots".
    ///   - primary: follows the objects; run and shut down by the controller.
    ///   - owns: other kinds whose changes matter; run and shut down by the controller.
    ///   - filter: whether a change of an object matters; `old` is `nil` for one that is new. All do unless given.
    ///   - health: gets a check "controller <name>" when the controller is run, ready once all stores are synced.
    package init(
        name: String, primary: Reflector<Primary>, owns: [OwnedKind] = [],
        settings: ControllerSettings = ControllerSettings(), logger: Logger, metrics: MetricsRegistry? = nil,
        health: HealthRegistry? = nil, clock: RuntimeClock = .continuous,
        filter: @escaping @Sendable (_ old: Primary?, _ new: Primary) -> Bool = { _, _ in true },
        reconcile: @escaping Reconcile
    ) {
        precondition(settings.workers > 0, "a controller needs a worker")
        self.name = name
        self.primary = primary
        owned = owns
        self.settings = settings
        self.reconcile = reconcile
        self.logger = logger.with(["controller": .string(name)])
        self.metrics = metrics.map { ControllerMetrics($0, controller: name) }
        self.health = health
        self.clock = clock
        let backgroundLimit = settings.workers - settings.workers / 4
        queue = WorkQueue(
            retry: settings.backoff, backgroundLimit: backgroundLimit,
            retryLimit: backgroundLimit - backgroundLimit / 3,
            clock: clock, metrics: metrics.map { WorkQueueMetrics($0, queue: name) })

        let (queue, gate) = (queue, gate)
        // What somebody changes or deletes goes before what is new, what follows from our own work and what is looked at
        // again: there may be thousands of those, and each may hang.
        primary.addHandler { event in
            switch event {
            case .upserted(let key, let new, let old):
                guard filter(old, new) else { return }
                queue.add(key, priority: gate.isSet && old != nil ? .normal : .background)
            case .deleted(let key, _): queue.add(key, priority: gate.isSet ? .normal : .background)
            case .resynced: break
            }
        }
        for kind in owns { kind.connect { queue.add($0, priority: .background) } }
    }

    /// Lets the object of this name be looked at, now or after a time, for a reason from outside the cluster.
    package func trigger(_ key: ObjectKey, after delay: Duration? = nil) {
        if let delay { queue.add(key, after: delay) } else { queue.add(key) }
    }

    /// Whether nothing is in line and no reconcile runs.
    package var isIdle: Bool { queue.depth == 0 && queue.processingCount == 0 }

    /// Works until ``shutdown()`` or cancellation; reconciles that run then may go on to the shutdown deadline (after a
    /// cancellation they are cancelled at once). Can run once.
    package func run() async throws {
        let work = Task { await self.work() }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            stop()
            work.cancel()
        }
    }

    package func shutdown() async {
        stop()
    }

    private func stop() {
        stopping.set()
        gate.set()
        queue.shutDown(discarding: true)
    }

    private func work() async {
        // Only now: a process that waits to become the leader is ready without it.
        health?.register(Self.check(name), waitingFor: "start")
        let sources: [any WatchSource] = [primary] + owned.map(\.source)
        let reflecting = sources.map { source in Task { try await source.run() } }
        await waitUntilSynced(sources)
        if !stopping.isSet {
            logger.info("all stores are synced, reconciling begins", ["objects": .int(store.count)])
            health?.markReady(Self.check(name))
            await reconcileUntilStopped()
        }
        health?.markNotReady(Self.check(name), reason: "stopped")
        for source in sources { await source.shutdown() }
        for task in reflecting { _ = await task.result }
    }

    private func waitUntilSynced(_ sources: [any WatchSource]) async {
        let gate = gate
        let waiting = Task {
            for source in sources { try await source.waitUntilSynced() }
            gate.set()
        }
        defer { waiting.cancel() }
        var told = ""
        var isFirst = true
        while !gate.isSet, !Task.isCancelled {
            let reason = sources.compactMap { source in
                if case .waiting(let reason) = source.status { "\(source.name): \(reason)" } else { nil }
            }.joined(separator: "; ")
            // At the very start there is nothing to say but that it starts.
            if !isFirst, !reason.isEmpty, reason != told {
                logger.info("waiting", ["for": .string(reason)])
                told = reason
            }
            if !reason.isEmpty { health?.markNotReady(Self.check(name), reason: reason) }
            await gate.wait(
                atMost: isFirst ? min(.seconds(1), settings.statusInterval) : settings.statusInterval, clock: clock)
            isFirst = false
        }
    }

    private func reconcileUntilStopped() async {
        for _ in 0..<settings.workers { crew.add { await self.reconcileFromQueue() } }
        let crew = crew
        await withTaskCancellationHandler {
            await stopping.wait()
            let (clock, deadline, logger) = (clock, settings.shutdownDeadline, logger)
            let watchdog = Task {
                guard await clock.sleepUnlessCancelled(for: deadline) else { return }
                logger.info("cancelling the reconciles that still run after the shutdown deadline")
                crew.cancel()
            }
            await crew.wait()
            watchdog.cancel()
        } onCancel: {
            crew.cancel()
        }
    }

    private func reconcileFromQueue() async {
        while let key = await queue.next() {
            let slot = WorkerSlot(patience: settings.patience, clock: clock) {
                self.reserveWaiting()
            } settle: { isLent in
                self.giveWorkerAway(key, isLent: isLent)
            }
            await WorkerSlot.$current.withValue(slot) { await reconcileOnce(key) }
            let isGone = slot.end()
            queue.done(key)
            if isGone { return changeWaiting(by: -1) }
        }
    }

    /// Answers whether one more reconcile may wait without a worker, and counts it.
    private func reserveWaiting() -> Bool {
        waiting.withLock { waiting in
            guard waiting < settings.maxWaiting else { return false }
            waiting += 1
            metrics?.record(waiting: waiting)
            return true
        }
    }

    /// Lets another worker begin in the place of that of `key`.
    private func giveWorkerAway(_ key: ObjectKey, isLent: Bool) {
        guard isLent else { return changeWaiting(by: -1) }
        queue.stepAside(key)
        crew.add { await self.reconcileFromQueue() }
    }

    private func changeWaiting(by difference: Int) {
        waiting.withLock { waiting in
            waiting += difference
            metrics?.record(waiting: waiting)
        }
    }

    private func reconcileOnce(_ key: ObjectKey) async {
        metrics?.begin()
        let start = clock.now()
        do {
            let result = try await runReconcile(key)
            queue.forget(key)
            switch result {
            case .done: metrics?.end("done", failed: false, after: clock.now() - start)
            case .requeue(let delay):
                queue.add(key, after: delay)
                metrics?.end("requeue", failed: false, after: clock.now() - start)
            }
        } catch  where stopping.isSet && (error is CancellationError || Task.isCancelled) {
            metrics?.end("cancelled", failed: false, after: clock.now() - start)
        } catch {
            let delay = queue.addRateLimited(key)
            metrics?.end("error", failed: true, after: clock.now() - start)
            logger.info(
                "a reconcile failed",
                [
                    "object": .string("\(key)"), "error": .string("\(error)"),
                    "failures": .int(queue.failures(of: key)), "retryAfterSeconds": .double(delay.seconds),
                ])
        }
    }

    private func runReconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let limit = settings.reconcileTimeout else { return try await reconcile(key) }
        let reconcile = reconcile
        do {
            return try await withTimeout(limit, "the reconcile of \(key)") { try await reconcile(key) }
        } catch let error as TimeoutError where error.limit == limit {
            throw ControllerRuntimeError(
                .reconcileTimedOut, "the reconcile of \(key) took longer than \(limit) and was cancelled", cause: error)
        }
    }

    private static func check(_ name: String) -> String { "controller \(name)" }
}
