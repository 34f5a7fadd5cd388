package import KubernetesTypes
package import Observability

import Concurrency

/// Lets only one of several processes work, by holding a Lease.
///
/// While this process leads, `onStartedLeading` runs. On shutdown `onStoppedLeading` is to end that work; the lease is
/// renewed until it has ended and then given away, so that the next one begins at once and never beside it. When the
/// lease is lost (it could not be renewed in time), the work is cancelled.
package final class LeaderElector: Service {
    /// What to do when leadership was lost.
    package enum LossPolicy: Sendable {
        /// ``LeaderElector/run()`` throws; the program ends and is started again. The safe choice: whatever still runs
        /// here ends with the process.
        case end
        /// Wait until the work has ended, then be a candidate again.
        case standAgain
    }

    package let name = "leader election"
    private let storage: any LeaseStorage
    private let lease: ObjectKey
    private let identity: String
    private let timing: LeaderElectionTiming
    private let lossPolicy: LossPolicy
    private let logger: Logger
    private let clock: RuntimeClock
    private let onStartedLeading: @Sendable () async throws -> Void
    private let onStoppedLeading: @Sendable () async -> Void
    private let isLeadingGauge: Gauge?
    private let machine: Locked<LeaderElectionState>
    private let stopping = StopSignal()

    /// - Parameters:
    ///   - identity: unlike any other candidate's: the pod's name.
    ///   - onStartedLeading: the work. When it throws, the lease is given away and ``run()`` throws the same; when it
    ///     returns, this process goes on to lead.
    ///   - onStoppedLeading: ends the work; called once for each time of leading.
    package init(
        _ storage: any LeaseStorage, lease: ObjectKey, identity: String,
        timing: LeaderElectionTiming = LeaderElectionTiming(), whenLost lossPolicy: LossPolicy = .end,
        logger: Logger, metrics: MetricsRegistry? = nil, clock: RuntimeClock = .continuous,
        onStartedLeading: @escaping @Sendable () async throws -> Void,
        onStoppedLeading: @escaping @Sendable () async -> Void
    ) {
        self.storage = storage
        self.lease = lease
        self.identity = identity
        self.timing = timing
        self.lossPolicy = lossPolicy
        self.logger = logger.with(["lease": .string("\(lease)"), "identity": .string(identity)])
        self.clock = clock
        self.onStartedLeading = onStartedLeading
        self.onStoppedLeading = onStoppedLeading
        isLeadingGauge = metrics?.gauge("leader_election_is_leader", help: "1 while this process leads, else 0")
        machine = Locked(LeaderElectionState(identity: identity, timing: timing))
    }

    /// Whether this process leads: it renewed the lease within the renew deadline.
    package var isLeading: Bool {
        let now = clock.now()
        return machine.withLock { $0.isLeading(now: now) }
    }

    /// Who leads as far as is known.
    package var leader: String? { machine.withLock { $0.holder } }

    /// A candidate and sometimes the leader until ``shutdown()``. Cancelled, it cancels the work and leaves the lease to
    /// expire, as if the process had died.
    package func run() async throws {
        while !stopping.isSet {
            try Task.checkCancellation()
            guard await isElected() else { continue }
            isLeadingGauge?.set(1)
            logger.info("leading")
            defer { isLeadingGauge?.set(0) }
            if try await lead() { return }
        }
    }

    package func shutdown() async {
        stopping.set()
    }

    /// Does one step as a candidate. Answers whether this process leads now.
    private func isElected() async -> Bool {
        let (now, time) = (clock.now(), Timestamp.micro(clock.date()))
        let step = machine.withLock { $0.next(now: now, time: time) }
        if case .wait(let duration) = step {
            await stopping.wait(atMost: duration, clock: clock)
        } else {
            await perform(step, limit: timing.renewDeadline)
        }
        return isLeading
    }

    /// Leads. Answers `true` at an orderly end, `false` when this process is to be a candidate again.
    private func lead() async throws -> Bool {
        let (onStarted, onStopped) = (onStartedLeading, onStoppedLeading)
        let workFailed = StopSignal()
        let work = Task {
            do {
                try await onStarted()
            } catch {
                workFailed.set()
                throw error
            }
        }
        let ended = StopSignal()
        let ender = Task {
            await Self.first(of: self.stopping, workFailed)
            if Task.isCancelled { return }
            await onStopped()
            _ = await work.result
            ended.set()
        }
        await keepRenewing(until: ended)
        if ended.isSet {
            await release()
            try await work.value
            return true
        }

        // Lost, or cancelled: the work must end now, whether or not it does so nicely.
        machine.withLock { $0.resign() }
        logger.info("leadership lost", ["leader": .string(leader ?? "nobody")])
        work.cancel()
        ender.cancel()
        let ending = Task {
            // Not called twice when the shutdown is already on its way.
            if !self.stopping.isSet { await onStopped() }
            _ = await work.result
        }
        switch lossPolicy {
        case .end:
            let hasEnded = StopSignal()
            Task {
                await ending.value
                hasEnded.set()
            }
            await hasEnded.wait(atMost: timing.leaseDuration - timing.renewDeadline, clock: clock)
            try Task.checkCancellation()
            throw ControllerRuntimeError(
                .leadershipLost,
                "the lease \(lease) could not be renewed within \(timing.renewDeadline); ending, to be started again")
        case .standAgain:
            await ending.value
            try Task.checkCancellation()
            return false
        }
    }

    /// Renews the lease until `ended`; returns earlier when it is lost or the task is cancelled.
    private func keepRenewing(until ended: StopSignal) async {
        while !ended.isSet, !Task.isCancelled {
            let (now, time) = (clock.now(), Timestamp.micro(clock.date()))
            let (step, deadline) = machine.withLock { ($0.next(now: now, time: time), $0.deadline) }
            guard let deadline, now < deadline else { return }
            if case .wait(let duration) = step {
                await ended.wait(atMost: duration, clock: clock)
            } else {
                await perform(step, limit: deadline - now)
            }
        }
    }

    private func perform(_ step: LeaderElectionState.Step, limit: Duration) async {
        let begun = clock.now()
        let (storage, key) = (storage, lease)
        do {
            switch step {
            case .wait: break
            case .read:
                let lease = try await withTimeout(limit, "the lease") { try await storage.read(key) }
                let now = clock.now()
                machine.withLock { $0.read(lease, now: now) }
            case .create(let spec):
                let new = Lease(metadata: ObjectMeta(name: key.name, namespace: key.namespace), spec: spec)
                let lease = try await withTimeout(limit, "the lease") { try await storage.create(new) }
                let now = clock.now()
                machine.withLock { $0.written(lease, begun: begun, now: now) }
            case .write(let spec, let version):
                var new = Lease(metadata: ObjectMeta(name: key.name, namespace: key.namespace), spec: spec)
                new.metadata.resourceVersion = version
                let changed = new
                let lease = try await withTimeout(limit, "the lease") { try await storage.replace(changed) }
                let now = clock.now()
                machine.withLock { $0.written(lease, begun: begun, now: now) }
            }
        } catch {
            logger.debug("the lease was not read or written", ["error": .string("\(error)")])
            machine.withLock { $0.failed(isConflict: error is LeaseConflict) }
        }
    }

    /// Gives the lease away; when that fails it expires.
    private func release() async {
        let time = Timestamp.micro(clock.date())
        guard let step = machine.withLock({ $0.release(time: time) }) else { return }
        await perform(step, limit: .seconds(3))
        machine.withLock { $0.resign() }
        logger.info("leadership released")
    }

    private static func first(of one: StopSignal, _ other: StopSignal) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await one.wait() }
            group.addTask { await other.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
