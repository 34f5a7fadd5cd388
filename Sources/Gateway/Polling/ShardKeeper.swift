import Concurrency
import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesTypes
import Observability

/// Keeps this replica's part of the shards by Leases in the gateway's namespace; see ``ShardState`` for the rules.
///
/// While the API server is away nothing changes hands: what this replica has it goes on with.
final class ShardKeeper: Sendable {
    private let client: KubernetesClient
    private let names: PollingLeaseNames
    private let replica: String
    private let timing: LeaderElectionTiming
    private let metrics: PollingMetrics
    private let logger: Logger
    private let clock = RuntimeClock.continuous
    private let state: Locked<ShardState>
    private let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let trouble = Locked("")

    /// Changes come in bursts: a round for each would be one list after another.
    private static let shortestRound = Duration.milliseconds(100)

    /// - Parameters:
    ///   - gateway: in whose namespace the Leases are.
    ///   - replica: for people to see whose it is.
    init(
        client: KubernetesClient, gateway: ObjectKey, replica: String, timing: LeaderElectionTiming,
        metrics: PollingMetrics, logger: Logger
    ) {
        self.client = client
        names = PollingLeaseNames(gateway: gateway)
        self.replica = replica
        self.timing = timing
        self.metrics = metrics
        self.logger = logger
        state = Locked(ShardState(names: names, timing: timing))
    }

    /// The shards whose bots are this replica's to poll.
    var held: Set<PollingShard> { state.withLock { $0.held } }

    /// Whether no other replica can have taken them.
    var isSure: Bool {
        let now = clock.now()
        return state.withLock { $0.isSure(now: now) }
    }

    /// The bots may be others now.
    func botsChanged() { wake.yield() }

    /// Takes part until cancelled.
    /// - Parameters:
    ///   - used: the shards that have bots.
    ///   - changed: called when ``held`` may be another.
    ///   - ended: ends polling what is no longer in ``held``, and returns when nothing of these shards is polled.
    func run(
        used: @escaping @Sendable () -> Set<PollingShard>, changed: @escaping @Sendable () -> Void,
        ended: @escaping @Sendable (Set<PollingShard>) async -> Void
    ) async {
        var watching: Task<Void, Never>?
        defer { watching?.cancel() }
        let ticker = Task { [wake, timing] in
            while await sleepUnlessCancelled(for: timing.retryPeriod) { wake.yield() }
        }
        defer { ticker.cancel() }
        for await _ in wakes {
            if Task.isCancelled { return }
            let used = used()
            if used.isEmpty {
                // No bot is polled any more: nothing is written for as long as that is so.
                let last = held
                if !last.isEmpty { await ended(last) }
                await leave()
            } else {
                if watching == nil { watching = watch() }
                await round(used, ended)
            }
            metrics.shards.set(Double(held.count))
            changed()
            guard await sleepUnlessCancelled(for: Self.shortestRound) else { return }
        }
    }

    /// Lets others have all that this replica has. Nothing of it may be polled any more.
    func leave() async {
        guard let (name, version) = state.withLock({ $0.renewal }) else { return }
        let client = client
        let key = key(name)
        do {
            try await withTimeout(.seconds(3), "the session's end") {
                try await client.delete(
                    Lease.self, key, options: DeleteOptions(preconditions: .init(resourceVersion: version)))
            }
        } catch {
            logger.debug("the session could not be ended, it expires", ["error": .string("\(error)")])
        }
        state.withLock { $0.expelled() }
    }

    private func round(
        _ used: Set<PollingShard>, _ ended: @escaping @Sendable (Set<PollingShard>) async -> Void
    ) async {
        do {
            try await renew()
            let leases = try await within { [client, names] in
                try await client.listAll(
                    Lease.self, namespace: names.gateway.namespace,
                    options: ListOptions(labelSelector: names.selector)
                ).items
            }
            let now = clock.now()
            let steps = state.withLock { state in
                state.observe(leases, now: now)
                return state.steps(used: used, now: now)
            }
            try await perform(steps, ended)
            note("")
        } catch {
            note("\(error)")
        }
    }

    private func renew() async throws {
        let begun = clock.now()
        let time = Timestamp.micro(clock.date())
        let present = state.withLock { $0.renewal }
        let name = present?.name ?? names.session(of: replica)
        var lease = lease(name, holder: replica, time: time)
        lease.metadata.resourceVersion = present?.version
        let wanted = lease
        var written: Lease?
        do {
            written = try await within { [client] in
                try await present == nil ? client.create(wanted) : client.replace(wanted)
            }
        } catch let error as KubernetesError where error.isConflict || error.isNotFound {
            // Only this replica writes it: a version that is not known is of a renewal whose answer got lost.
            let key = key(name)
            written = try await within { [client] in try await client.find(Lease.self, key) }
        }
        if let written {
            return state.withLock { $0.renewed(name, version: written.metadata.resourceVersion ?? "", begun: begun) }
        }
        // Buried alive: without shards from now on, and with a new session at once.
        state.withLock { $0.expelled() }
        logger.warning("other replicas have taken over this one's bots: nothing was heard of it in time")
        try await renew()
    }

    private func perform(
        _ steps: [ShardState.Step], _ ended: @escaping @Sendable (Set<PollingShard>) async -> Void
    ) async throws {
        var given: [(PollingShard, version: String)] = []
        for step in steps {
            do {
                switch step {
                case .bury(let session, let version):
                    logger.info("a replica that polled is gone", ["session": .string(session)])
                    let key = key(session)
                    try await within { [client] in
                        try await client.delete(
                            Lease.self, key, options: DeleteOptions(preconditions: .init(resourceVersion: version)))
                    }
                case .claim(let shard, let version, let former):
                    try await claim(shard, version, former)
                case .giveAway(let shard, let version):
                    state.withLock { $0.leaves(shard) }
                    given.append((shard, version))
                }
            } catch let error as KubernetesError where error.isConflict || error.isNotFound || error.isAlreadyExists {
                // Another was faster. The next round sees what it did.
                continue
            }
        }
        guard !given.isEmpty else { return }
        let all = given
        // It may take as long as the broker takes; renewing must go on.
        Task {
            await ended(Set(all.map(\.0)))
            for (shard, version) in all { await giveAway(shard, version) }
        }
    }

    private func claim(_ shard: PollingShard, _ version: String?, _ former: String?) async throws {
        if let former {
            let key = key(former)
            // Never made again under the same name: what is gone now stays gone.
            guard try await within({ [client] in try await client.find(Lease.self, key) }) == nil else { return }
        }
        guard let session = state.withLock({ $0.renewal?.name }) else { return }
        var lease = lease(names.name(shard), holder: session, time: Timestamp.micro(clock.date()))
        lease.metadata.resourceVersion = version
        let wanted = lease
        let written = try await within { [client] in
            try await version == nil ? client.create(wanted) : client.replace(wanted)
        }
        state.withLock { $0.claimed(shard, version: written.metadata.resourceVersion ?? "") }
    }

    private func giveAway(_ shard: PollingShard, _ version: String) async {
        var lease = lease(names.name(shard), holder: "", time: Timestamp.micro(clock.date()))
        lease.metadata.resourceVersion = version
        let wanted = lease
        do {
            let written = try await within { [client] in try await client.replace(wanted) }
            state.withLock { $0.left(shard, version: written.metadata.resourceVersion) }
        } catch {
            logger.debug("a shard could not be given away", ["error": .string("\(error)")])
            state.withLock { $0.left(shard, version: nil) }
        }
    }

    private func lease(_ name: String, holder: String, time: String) -> Lease {
        let metadata = ObjectMeta(name: name, namespace: names.gateway.namespace, labels: names.labels)
        let seconds = Int(timing.leaseDuration.components.seconds)
        return Lease(
            metadata: metadata,
            spec: Lease.Spec(
                holderIdentity: holder, leaseDurationSeconds: seconds, acquireTime: time, renewTime: time))
    }

    private func key(_ name: String) -> ObjectKey { ObjectKey(namespace: names.gateway.namespace, name: name) }

    private func within<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result
    {
        try await withTimeout(timing.renewDeadline, "the polling Leases", body)
    }

    /// Hears of what others change, so that what they give away is taken at once. Renewals are no news.
    private func watch() -> Task<Void, Never> {
        let reflector = Reflector<Void>(
            client, Lease.definition, namespace: names.gateway.namespace, labelSelector: names.selector, logger: logger,
            transform: { json in
                let lease = try JSONDecoder().decode(Lease.self, from: Data(json))
                return (lease.key, lease.metadata.resourceVersion ?? "", ())
            },
            onEvent: { [names, wake] event in
                switch event {
                case .upserted(let key, _, let old) where names.isSession(key.name) && old != nil: break
                case .upserted, .deleted: wake.yield()
                case .resynced: break
                }
            })
        return Task { [logger] in
            do {
                try await reflector.run()
            } catch {
                logger.debug("the polling Leases are no longer watched", ["error": .string("\(error)")])
            }
        }
    }

    /// Says once that the Leases cannot be had, and once that they can again.
    private func note(_ reason: String) {
        let before = trouble.withLock { before in
            defer { before = reason }
            return before
        }
        if !reason.isEmpty, before.isEmpty {
            logger.warning(
                "the polling Leases cannot be read or written: what is polled here goes on, and nothing changes hands",
                ["error": .string(reason)])
        } else if reason.isEmpty, !before.isEmpty {
            logger.info("the polling Leases are there again")
        }
    }
}
