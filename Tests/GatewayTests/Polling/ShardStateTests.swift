import ControllerRuntime
import KubernetesTypes
import Testing

@testable import Gateway

/// Replicas and an API server in memory: what one is told to do is done, with the server's rules about versions.
private struct World {
    static let names = PollingLeaseNames(gateway: ObjectKey(namespace: "tgs", name: "main"))
    static let timing = LeaderElectionTiming(retryPeriod: .seconds(3))

    private(set) var leases: [String: Lease] = [:]
    private var version = 0
    var now = Duration.zero
    private(set) var replicas: [String: ShardState] = [:]
    private(set) var writes = 0
    let used = Set([3, 5, 8, 40].map { PollingShard(number: $0) })

    private mutating func write(_ name: String, holder: String) -> String {
        version += 1
        writes += 1
        var lease = Lease(
            metadata: ObjectMeta(name: name), spec: Lease.Spec(holderIdentity: holder, leaseDurationSeconds: 15))
        lease.metadata.resourceVersion = "\(version)"
        leases[name] = lease
        return "\(version)"
    }

    private func session(_ replica: String) -> String { "main-polling-replica-\(replica)" }

    /// A renewal, and the first one.
    mutating func renew(_ replica: String) {
        var state = replicas[replica] ?? ShardState(names: Self.names, timing: Self.timing)
        let name = state.renewal?.name ?? session(replica)
        if let (name, version) = state.renewal, leases[name]?.metadata.resourceVersion != version {
            state.expelled()
            replicas[replica] = state
            return
        }
        state.renewed(name, version: write(name, holder: replica), begun: now)
        replicas[replica] = state
    }

    /// What the replica is told to do.
    mutating func look(_ replica: String, seeing: [Lease]? = nil) -> [ShardState.Step] {
        replicas[replica]?.observe(seeing ?? Array(leases.values), now: now)
        return replicas[replica]?.steps(used: used, now: now) ?? []
    }

    /// Does it, as the I/O would.
    mutating func act(_ replica: String, _ steps: [ShardState.Step]) {
        for step in steps {
            switch step {
            case .bury(let session, let version):
                if leases[session]?.metadata.resourceVersion == version { leases[session] = nil }
            case .claim(let shard, let version, let former):
                let name = Self.names.name(shard)
                guard former.map({ leases[$0] == nil }) ?? true, leases[name]?.metadata.resourceVersion == version,
                    let own = replicas[replica]?.renewal?.name
                else { continue }
                let written = write(name, holder: own)
                replicas[replica]?.claimed(shard, version: written)
            case .giveAway(let shard, let version):
                replicas[replica]?.leaves(shard)
                let name = Self.names.name(shard)
                let written = leases[name]?.metadata.resourceVersion == version ? write(name, holder: "") : nil
                replicas[replica]?.left(shard, version: written)
            }
        }
    }

    mutating func round(_ names: String...) {
        for name in names {
            renew(name)
            act(name, look(name))
        }
    }

    func held(_ replica: String) -> Set<Int> { Set((replicas[replica]?.held ?? []).map(\.number)) }
}

@Suite struct ShardStateTests {
    @Test func oneReplicaHasAllAndTwoHaveHalfEach() {
        var world = World()
        world.round("a")
        #expect(world.held("a") == [3, 5, 8, 40])
        world.round("b")
        #expect(world.held("b") == [], "nothing is taken from who lives")
        world.round("a", "b")
        #expect(world.held("a").count == 2 && world.held("b").count == 2)
        #expect(world.held("a").isDisjoint(with: world.held("b")))
    }

    @Test func atRestOnlyTheSessionsAreWritten() {
        var world = World()
        for _ in 0..<3 { world.round("a", "b") }
        let before = world.writes
        for _ in 0..<10 { world.round("a", "b") }
        #expect(world.writes == before + 20)
    }

    @Test func theDeadAreBuriedAfterTheirTimeAndNotBefore() {
        var world = World()
        for _ in 0..<2 { world.round("a", "b") }
        world.now = .seconds(14)
        world.round("b")
        #expect(world.held("b").count == 2)
        world.now = .seconds(15)
        world.round("b")
        #expect(world.held("b") == [3, 5, 8, 40])
        // It was only slow: it finds its session gone and has nothing, then a part again.
        #expect(world.replicas["a"]?.isSure(now: world.now) == false)
        world.renew("a")
        #expect(world.held("a") == [])
        for _ in 0..<2 { world.round("a", "b") }
        #expect(world.held("a").count == 2 && world.held("b").count == 2)
    }

    @Test func aRenewalInTheLastMomentWins() {
        var world = World()
        for _ in 0..<2 { world.round("a", "b") }
        world.now = .seconds(15)
        let seen = Array(world.leases.values)
        world.renew("b")
        let steps = world.look("b", seeing: seen)
        world.renew("a")
        world.act("b", steps)
        #expect(world.held("a").count == 2 && world.held("b").count == 2)
        #expect(world.held("a").isDisjoint(with: world.held("b")))
    }

    @Test func whoLeavesIsFollowedAtOnce() {
        var world = World()
        for _ in 0..<2 { world.round("a", "b") }
        let session = world.replicas["a"]?.renewal
        world.act("a", [.bury(session: session?.name ?? "", version: session?.version ?? "")])
        world.round("b")
        #expect(world.held("b") == [3, 5, 8, 40])
    }

    @Test func aShardThatIsBeingGivenAwayIsNobodysYet() {
        var world = World()
        world.round("a")
        world.renew("b")
        let steps = world.look("a")
        #expect(steps.count == 2)
        for case .giveAway(let shard, _) in steps {
            var state = world.replicas["a"]
            state?.leaves(shard)
            #expect(state?.held.contains(shard) == false)
            #expect(state?.steps(used: world.used, now: world.now).count == 1, "it is given away once")
        }
        #expect(world.look("b").isEmpty, "and taken only when it is free")
    }

    @Test func withoutASessionThereIsNothing() {
        var world = World()
        world.round("a")
        var state = world.replicas["a"]
        state?.expelled()
        #expect(state?.held == [] && state?.steps(used: world.used, now: .zero) == [])
        state?.observe([], now: .zero)
        #expect(state?.held == [])
    }

    @Test func namesAreReadBack() {
        let names = World.names
        for number in [0, 9, 63] {
            #expect(names.shard(names.name(PollingShard(number: number))) == PollingShard(number: number))
        }
        #expect(names.shard("main-polling-shard-64") == nil && names.shard("main-polling-shard-x") == nil)
        let session = names.session(of: "Gateway_7.example")
        #expect(session.hasPrefix("main-polling-replica-gateway-7-example-") && names.isSession(session))
        #expect(session != names.session(of: "Gateway_7.example"))
    }
}
