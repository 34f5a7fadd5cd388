import Concurrency
import ControllerRuntime
import KubernetesClient
import KubernetesTypes
import Observability
import TestRig
import Testing

@Suite struct LeaderElectionServerTests {
    private let timing = LeaderElectionTiming(
        leaseDuration: .seconds(4), renewDeadline: .seconds(3), retryPeriod: .milliseconds(300))

    private func elector(
        _ identity: String, _ client: KubernetesClient, _ namespace: String, log: Recorder<String>
    ) -> LeaderElector {
        let stop = StopSignal()
        return LeaderElector(
            KubernetesLeaseStorage(client), lease: ObjectKey(namespace: namespace, name: "operator"),
            identity: identity, timing: timing, logger: .silent,
            onStartedLeading: {
                log.note("\(identity) begins")
                await stop.wait()
                log.note("\(identity) ended")
            }, onStoppedLeading: { stop.set() })
    }

    @Test(.timeLimit(.minutes(3))) func aDeadLeaderIsFollowedWithinTheLease() async throws {
        let plane = try await ControlPlane.shared
        let client = try plane.client()
        try await plane.withNamespace { namespace in
            let log = Recorder<String>()
            let first = elector("first", client, namespace, log: log)
            let second = elector("second", client, namespace, log: log)
            let firstRun = Task { try await first.run() }
            try await eventually("the first leads") { first.isLeading }
            try await running(second) {
                try await eventually("the second knows the first") { second.leader == "first" }
                #expect(!second.isLeading)
                let clock = ContinuousClock()
                let died = clock.now
                firstRun.cancel()
                _ = await firstRun.result
                try await eventually("the second leads") { second.isLeading }
                // The lease, a retry, and room for a loaded machine.
                #expect(clock.now - died < .seconds(20))
                let lease = try await client.get(Lease.self, ObjectKey(namespace: namespace, name: "operator"))
                #expect(lease.spec.holderIdentity == "second")
                #expect(lease.spec.leaseTransitions == 1)
            }
            // An orderly end gives it away.
            let lease = try await client.get(Lease.self, ObjectKey(namespace: namespace, name: "operator"))
            #expect(lease.spec.holderIdentity == "")
        }
    }

    @Test(.timeLimit(.minutes(3))) func aLeaderWithoutAServerStopsBeforeAnotherBegins() async throws {
        let plane = try await ControlPlane.shared
        let forwarder = try Forwarder(to: plane.port)
        defer { forwarder.close() }
        try await plane.withNamespace { namespace in
            let log = Recorder<String>()
            let first = elector("first", try plane.client(through: forwarder.port), namespace, log: log)
            let second = elector("second", try plane.client(), namespace, log: log)
            let firstRun = Task { try await first.run() }
            try await eventually("the first leads") { log.all == ["first begins"] }
            try await running(second) {
                try await eventually("the second knows the first") { second.leader == "first" }
                forwarder.setRefusing(true)
                let error = await #expect(throws: ControllerRuntimeError.self) { try await firstRun.value }
                #expect(error?.code == .leadershipLost)
                try await eventually("the second leads") { log.all.contains("second begins") }
                #expect(log.all == ["first begins", "first ended", "second begins"])
            }
        }
    }
}
