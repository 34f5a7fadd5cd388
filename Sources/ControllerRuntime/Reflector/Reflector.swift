package import KubernetesTypes
package import Observability

import Concurrency

/// Keeps a store equal to the objects of one kind in the cluster, and tells of every change.
///
/// Reads what is new only: list once, then watch; see ``ReflectorState`` for what happens when that fails. An object
/// that `transform` cannot read is left as it was in the store, counted and logged; it does not stop the others.
package final class Reflector<Value: Sendable>: WatchSource {
    /// Makes from an object's JSON what the store keeps of it.
    package typealias Transform =
        @Sendable (_ json: [UInt8]) throws -> (
            key: ObjectKey, resourceVersion: String, value: Value
        )
    /// Told of changes one after another, after the store has them. Must not block.
    package typealias Handler = @Sendable (StoreEvent<Value>) -> Void

    private struct State: Sendable {
        var handlers: [Handler] = []
        var task: Task<Void, Never>?
        var isShutDown = false
        var waitingFor: String? = "not started"
        var isPresent: Bool?
    }

    package let name: String
    /// What the objects are kept in.
    package let store: Store<Value>
    private let source: any ListWatcher
    private let settings: ReflectorSettings
    private let transform: Transform
    private let logger: Logger
    private let metrics: ReflectorMetrics?
    private let clock: RuntimeClock
    private let state: Locked<State>

    /// - Parameters:
    ///   - kind: for logs and metrics: "telegrambots".
    ///   - onEvent: the first handler; see ``addHandler(_:)``.
    package init(
        _ source: any ListWatcher, kind: String, settings: ReflectorSettings = ReflectorSettings(),
        store: Store<Value> = Store(), logger: Logger, metrics: MetricsRegistry? = nil,
        clock: RuntimeClock = .continuous, transform: @escaping Transform, onEvent: Handler? = nil
    ) {
        name = "reflector of \(kind)"
        self.source = source
        self.settings = settings
        self.store = store
        self.transform = transform
        self.logger = logger.with(["kind": .string(kind)])
        self.metrics = metrics.map { ReflectorMetrics($0, kind: kind) }
        self.clock = clock
        state = Locked(State(handlers: onEvent.map { [$0] } ?? []))
    }

    /// Adds somebody to be told of changes. Added after ``run()`` has begun, it hears only what happens from then on.
    package func addHandler(_ handler: @escaping Handler) {
        state.withLock { $0.handlers.append(handler) }
    }

    package var status: SourceStatus {
        if store.isSynced { return .synced }
        return .waiting(state.withLock { $0.waitingFor } ?? "listing")
    }

    /// Whether the cluster has the kind; `nil` while that is not known.
    package var isPresent: Bool? { state.withLock { $0.isPresent } }

    package func waitUntilSynced() async throws {
        try await store.waitUntilSynced()
    }

    /// Works until ``shutdown()`` or cancellation. While it runs, another call only waits for its end, so that several
    /// controllers may share one reflector.
    package func run() async throws {
        let task = state.withLock { state -> Task<Void, Never>? in
            if state.isShutDown { return nil }
            if let task = state.task { return task }
            let task = Task { await self.loop() }
            state.task = task
            return task
        }
        await withTaskCancellationHandler {
            await task?.value
        } onCancel: {
            task?.cancel()
        }
    }

    package func shutdown() async {
        let task = state.withLock { state -> Task<Void, Never>? in
            state.isShutDown = true
            return state.task
        }
        task?.cancel()
    }

    private func loop() async {
        // Touched by this task and by the handler of the watch it awaits; never at once, but the compiler wants a lock.
        let machine = Locked(ReflectorState(settings))
        var seen: Set<ObjectKey> = []
        var watches = 0
        setWaiting("listing")
        while !Task.isCancelled {
            switch machine.withLock({ $0.next(now: clock.now()) }) {
            case .pause(let duration):
                _ = await clock.sleepUnlessCancelled(for: duration)
            case .list(let request):
                if request.continueToken == nil { seen.removeAll() }
                do {
                    let page = try await source.list(request)
                    take(page, seen: &seen)
                    let isComplete = machine.withLock {
                        $0.pageReceived(resourceVersion: page.resourceVersion, continueToken: page.continueToken)
                    }
                    if isComplete { complete(&seen) }
                } catch {
                    fail(error, machine)
                }
            case .watch(let request):
                watches += 1
                if watches > 1 { metrics?.recordWatchRestart() }
                do {
                    try await watch(request, machine)
                    machine.withLock { $0.watchEnded(now: clock.now()) }
                } catch {
                    fail(error, machine)
                }
            }
        }
    }

    private func watch(_ request: WatchRequest, _ machine: Locked<ReflectorState>) async throws {
        // The server ends the watch at its time-out. One that does not is dead.
        let limit = Duration.seconds(request.timeoutSeconds) + .seconds(30)
        let source = source
        let clock = clock
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await source.watch(request) { self.handle($0, machine) }
                return true
            }
            group.addTask {
                try await clock.sleep(limit)
                return false
            }
            defer { group.cancelAll() }
            if try await group.next() == false {
                throw ReflectorFailure(.unreachable, "the watch did not end at its time-out: the connection is dead")
            }
        }
    }

    private func handle(_ event: RawObjectEvent, _ machine: Locked<ReflectorState>) {
        if Task.isCancelled { return }
        switch event {
        case .opened: setWaiting(nil)
        case .bookmark(let version): machine.withLock { $0.observed(resourceVersion: version) }
        case .added(let json), .modified(let json):
            guard let version = upsert(json)?.resourceVersion else { return }
            machine.withLock { $0.observed(resourceVersion: version) }
            metrics?.record(objects: store.count)
        case .deleted(let json):
            guard let identity = identity(json) else { return }
            if let old = store.remove(identity.key) {
                emit(.deleted(identity.key, old))
                metrics?.record(objects: store.count)
            }
            machine.withLock { $0.observed(resourceVersion: identity.metadata.resourceVersion ?? "") }
        }
    }

    private func take(_ page: ListPage, seen: inout Set<ObjectKey>) {
        setWaiting(nil)
        for json in page.items {
            if let object = upsert(json) { seen.insert(object.key) }
        }
        metrics?.record(objects: store.count)
    }

    private func complete(_ seen: inout Set<ObjectKey>) {
        for key in store.keys where !seen.contains(key) { remove(key) }
        seen = []
        metrics?.record(objects: store.count)
        state.withLock { $0.isPresent = true }
        store.markSynced()
        emit(.resynced)
    }

    /// Takes one object. Answers which one it was; `nil` when not even that could be read.
    private func upsert(_ json: [UInt8]) -> (key: ObjectKey, resourceVersion: String)? {
        do {
            let (key, version, value) = try transform(json)
            if case .changed(let old) = store.upsert(key, resourceVersion: version, value) {
                emit(.upserted(key, value, old: old))
            }
            return (key, version)
        } catch {
            metrics?.recordUndecodable()
            guard let identity = identity(json) else { return nil }
            logger.info(
                "an object could not be read and is left as it was",
                ["object": .string("\(identity.key)"), "error": .string("\(error)")])
            return (identity.key, identity.metadata.resourceVersion ?? "")
        }
    }

    private func identity(_ json: [UInt8]) -> ObjectIdentity? {
        do {
            return try ObjectIdentity.read(json)
        } catch {
            metrics?.recordUndecodable()
            logger.info("an object could not be read", ["error": .string(error.message)])
            return nil
        }
    }

    private func remove(_ key: ObjectKey) {
        if let old = store.remove(key) { emit(.deleted(key, old)) }
    }

    private func fail(_ error: any Error, _ machine: Locked<ReflectorState>) {
        if Task.isCancelled { return }
        let failure = error as? ReflectorFailure ?? ReflectorFailure(.other, "\(error)")
        metrics?.recordFailure()
        setWaiting(failure.message)
        switch machine.withLock({ $0.failed(failure, now: clock.now()) }) {
        case .none: break
        case .relist: metrics?.recordRelist()
        case .absent:
            store.keys.forEach(remove)
            metrics?.record(objects: 0)
            state.withLock { $0.isPresent = false }
            guard settings.isOptional else { return }
            store.markSynced()
            emit(.resynced)
        }
    }

    /// Notes what stands in the way (`nil`: nothing), and says so once.
    private func setWaiting(_ reason: String?) {
        let isNews = state.withLock { state in
            defer { state.waitingFor = reason }
            return state.waitingFor != reason
        }
        guard isNews else { return }
        if let reason { logger.debug("waiting", ["reason": .string(reason)]) } else { logger.debug("connected") }
    }

    private func emit(_ event: StoreEvent<Value>) {
        for handler in state.withLock({ $0.handlers }) { handler(event) }
    }
}
