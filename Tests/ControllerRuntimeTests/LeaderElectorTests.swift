import Concurrency
import ControllerRuntime
import KubernetesTypes
import Observability
import Testing

@Suite struct LeaderElectorTests {
    /// A lease in memory.
    private final class Storage: LeaseStorage {
        struct Unreachable: Error {}

        private let state = Locked<(lease: Lease?, version: Int, isDown: Bool)>((nil, 0, false))

        var lease: Lease? { state.withLock { $0.lease } }
        func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }

        func read(_ key: ObjectKey) async throws -> Lease? {
            try state.withLock { state in
                if state.isDown { throw Unreachable() }
                return state.lease
            }
        }

        func create(_ lease: Lease) async throws -> Lease {
            try store(lease) { $0 == nil }
        }

        func replace(_ lease: Lease) async throws -> Lease {
            try store(lease) { $0?.metadata.resourceVersion == lease.metadata.resourceVersion }
        }

        private func store(_ lease: Lease, if condition: (Lease?) -> Bool) throws -> Lease {
            try state.withLock { state in
                if state.isDown { throw Unreachable() }
                guard condition(state.lease) else { throw LeaseConflict() }
                state.version += 1
                var new = lease
                new.metadata.resourceVersion = "\(state.version)"
                state.lease = new
                return new
            }
        }
    }

    private let storage = Storage()
    private let log = Recorder<String>()
    private let timing = LeaderElectionTiming(
        leaseDuration: .seconds(4), renewDeadline: .seconds(3), retryPeriod: .milliseconds(50))

    private func elector(
        _ identity: String, whenLost: LeaderElector.LossPolicy = .end, endsWork: Bool = true
    ) -> LeaderElector {
        let log = log
        let stop = Locked<StopSignal>(StopSignal())
        return LeaderElector(
            storage, lease: ObjectKey(namespace: "n", name: "l"), identity: identity, timing: timing,
            whenLost: whenLost, logger: .silent,
            onStartedLeading: {
                let signal = StopSignal()
                stop.withLock { $0 = signal }
                log.note("\(identity) begins")
                await signal.wait()
                log.note("\(identity) ended")
            },
            onStoppedLeading: {
                log.note("\(identity) is to end")
                stop.withLock { $0 }.set()
            })
    }

    @Test func anOrderlyEndHandsOverAtOnceAndNotBefore() async throws {
        let (first, second) = (elector("first"), elector("second"))
        let firstRun = Task { try await first.run() }
        try await eventually("the first leads") { first.isLeading }
        let secondRun = Task { try await second.run() }
        try await eventually("the second knows the first") { second.leader == "first" }
        await first.shutdown()
        try await firstRun.value
        #expect(!first.isLeading)
        try await eventually("the second leads") { log.all.contains("second begins") }
        await second.shutdown()
        try await secondRun.value
        #expect(
            log.all == [
                "first begins", "first is to end", "first ended", "second begins", "second is to end", "second ended",
            ])
        #expect(storage.lease?.spec.holderIdentity == "")
    }

    @Test func aLeaderThatDiesIsFollowed() async throws {
        let (first, second) = (elector("first"), elector("second"))
        let firstRun = Task { try await first.run() }
        try await eventually("the first leads") { first.isLeading }
        let secondRun = Task { try await second.run() }
        firstRun.cancel()
        await #expect(throws: CancellationError.self) { try await firstRun.value }
        #expect(storage.lease?.spec.holderIdentity == "first", "a dead process gives nothing away")
        try await eventually("the second leads") { second.isLeading }
        #expect(storage.lease?.spec.leaseTransitions == 1)
        await second.shutdown()
        try await secondRun.value
    }

    @Test func aLeaderThatCannotRenewEnds() async throws {
        let elector = elector("first")
        let run = Task { try await elector.run() }
        try await eventually("it leads") { log.all == ["first begins"] }
        storage.setDown(true)
        let error = await #expect(throws: ControllerRuntimeError.self) { try await run.value }
        #expect(error?.code == .leadershipLost)
        #expect(log.all.contains("first ended"))
        #expect(!elector.isLeading)
    }

    @Test func aLeaderThatLostMayStandAgain() async throws {
        let elector = elector("first", whenLost: .standAgain)
        let run = Task { try await elector.run() }
        try await eventually("it leads") { log.all == ["first begins"] }
        storage.setDown(true)
        try await eventually("it stopped") { log.all.contains("first ended") }
        storage.setDown(false)
        try await eventually("it leads again") { log.all.filter { $0 == "first begins" }.count == 2 }
        await elector.shutdown()
        try await run.value
        #expect(log.all.filter { $0 == "first ended" }.count == 2)
    }

    @Test func workThatFailsGivesTheLeaseAway() async throws {
        struct Failure: Error {}
        let elector = LeaderElector(
            storage, lease: ObjectKey(namespace: "n", name: "l"), identity: "first", timing: timing, logger: .silent,
            onStartedLeading: { throw Failure() }, onStoppedLeading: {})
        await #expect(throws: Failure.self) { try await elector.run() }
        #expect(storage.lease?.spec.holderIdentity == "")
    }

    @Test func aCandidateEndsWithoutEverLeading() async throws {
        let first = elector("first")
        let firstRun = Task { try await first.run() }
        try await eventually("the first leads") { first.isLeading }
        let second = elector("second")
        let secondRun = Task { try await second.run() }
        try await eventually("the second knows the first") { second.leader == "first" }
        await second.shutdown()
        try await secondRun.value
        #expect(first.isLeading)
        await first.shutdown()
        try await firstRun.value
    }
}
