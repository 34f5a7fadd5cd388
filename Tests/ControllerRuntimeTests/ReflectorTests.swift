import Concurrency
import ControllerRuntime
import KubernetesTypes
import Observability
import Testing

@Suite struct ReflectorTests {
    private let cluster = FakeCluster()
    private let events = Recorder<StoreEvent<String>>()
    private let metrics = MetricsRegistry()

    private func reflector(_ settings: ReflectorSettings = .quick()) -> Reflector<String> {
        let events = events
        return Reflector(
            cluster, kind: "things", settings: settings, logger: .silent, metrics: metrics,
            transform: Payload.transform, onEvent: { events.note($0) })
    }

    /// Runs the reflector while `body` does.
    private func running(_ reflector: Reflector<String>, _ body: () async throws -> Void) async throws {
        let run = Task { try await reflector.run() }
        do {
            try await body()
        } catch {
            run.cancel()
            throw error
        }
        await reflector.shutdown()
        try await run.value
    }

    @Test func listsInPagesAndFollows() async throws {
        for name in ["a", "b", "c", "d", "e"] { cluster.put(name, "1") }
        let reflector = reflector(
            .quick {
                $0.listsFromCache = false
                $0.pageSize = 2
            })
        #expect(reflector.status == .waiting("not started"))
        try await running(reflector) {
            try await reflector.waitUntilSynced()
            #expect(reflector.store.count == 5)
            #expect(reflector.status == .synced)
            #expect(reflector.isPresent == true)
            #expect(cluster.lists.map(\.continueToken) == [nil, "105:2", "105:4"])
            #expect(events.all.last == .resynced)
            events.clear()
            cluster.put("b", "2")
            cluster.delete("c")
            cluster.put("f", "1")
            try await eventually("three events came") { events.all.count == 3 }
            #expect(
                events.all == [
                    .upserted(.named("b"), "2", old: "1"), .deleted(.named("c"), "1"),
                    .upserted(.named("f"), "1", old: nil),
                ])
            #expect(Set(reflector.store.keys.map(\.name)) == ["a", "b", "d", "e", "f"])
            #expect(metrics.render().contains(#"store_objects{kind="things"} 5"#))
        }
        #expect(cluster.openWatches == 0)
    }

    @Test func aCutConnectionIsResumedWithoutListing() async throws {
        cluster.put("a", "1")
        let reflector = reflector()
        try await running(reflector) {
            try await reflector.waitUntilSynced()
            for round in 0..<5 {
                try await eventually("the watch stands") { cluster.openWatches == 1 }
                cluster.endWatches(ReflectorFailure(.unreachable, "cut"))
                cluster.put("a", "round \(round)")
                try await eventually("the change came") { reflector.store.get(.named("a")) == "round \(round)" }
            }
            #expect(cluster.lists.count == 1)
            #expect(cluster.watches.count >= 6)
            #expect(metrics.render().contains(#"reflector_relists_total{kind="things"} 0"#))
        }
    }

    @Test func aTimeoutOfTheServerIsResumedBehindTheLastBookmark() async throws {
        let reflector = reflector()
        try await running(reflector) {
            try await eventually("the watch stands") { cluster.openWatches == 1 }
            cluster.bookmark()
            cluster.bookmark()
            let version = cluster.version
            cluster.compact()
            cluster.endWatches()
            try await eventually("the watch stands again") { cluster.watches.count == 2 && cluster.openWatches == 1 }
            #expect(cluster.watches.last?.resourceVersion == "\(version)")
            #expect(cluster.lists.count == 1)
        }
    }

    @Test func anExpiredVersionIsListedAgainAndWhatVanishedIsDeleted() async throws {
        for name in ["kept", "changed", "gone"] { cluster.put(name, "1") }
        let reflector = reflector()
        try await running(reflector) {
            try await eventually("the watch stands") { cluster.openWatches == 1 }
            events.clear()
            cluster.failAll(ReflectorFailure(.unreachable, "down"))
            cluster.endWatches(ReflectorFailure(.unreachable, "cut"))
            cluster.put("changed", "2")
            cluster.delete("gone")
            cluster.put("new", "1")
            cluster.compact()
            cluster.failAll(nil)
            try await eventually("the list was taken up") { events.all.last == .resynced }
            // The object that did not change is not told of.
            #expect(
                events.all == [
                    .upserted(.named("changed"), "2", old: "1"), .upserted(.named("new"), "1", old: nil),
                    .deleted(.named("gone"), "1"), .resynced,
                ])
            #expect(cluster.lists.count == 2)
            #expect(cluster.lists.last?.resourceVersion == nil)
            #expect(metrics.render().contains(#"reflector_relists_total{kind="things"} 1"#))
            // And it goes on from there.
            cluster.put("new", "2")
            try await eventually("the change came") { reflector.store.get(.named("new")) == "2" }
        }
    }

    @Test func anUnreadableObjectStopsNobody() async throws {
        cluster.put("a", "1")
        cluster.put("bad", "poison")
        cluster.put("b", "1")
        let reflector = reflector()
        try await running(reflector) {
            try await reflector.waitUntilSynced()
            #expect(Set(reflector.store.keys.map(\.name)) == ["a", "b"])
            try await eventually("the watch stands") { cluster.openWatches == 1 }
            cluster.put("a", "poison")
            cluster.put("b", "2")
            try await eventually("the readable change came") { reflector.store.get(.named("b")) == "2" }
            #expect(reflector.store.get(.named("a")) == "1")
            #expect(metrics.render().contains(#"reflector_undecodable_objects_total{kind="things"} 2"#))
            // Its last known value stays through a list, and its deletion is noticed.
            cluster.failNextWatches(ReflectorFailure(.expired, "410"))
            cluster.endWatches()
            try await eventually("it was listed again") { cluster.lists.count == 2 && cluster.openWatches == 1 }
            #expect(reflector.store.get(.named("a")) == "1")
            cluster.delete("a")
            try await eventually("it is gone") { reflector.store.get(.named("a")) == nil }
        }
    }

    @Test func anOptionalKindThatIsMissingCountsAsSyncedAndIsTakenUpLater() async throws {
        cluster.failAll(ReflectorFailure(.notServed, "CRD not installed"))
        let reflector = reflector(.quick { $0.isOptional = true })
        try await running(reflector) {
            try await reflector.waitUntilSynced()
            #expect(reflector.isPresent == false)
            #expect(reflector.store.count == 0)
            cluster.put("a", "1")
            cluster.failAll(nil)
            try await eventually("it is taken up") { reflector.store.get(.named("a")) == "1" }
            #expect(reflector.isPresent == true)
            // Uninstalled again: its objects are gone with it.
            cluster.failAll(ReflectorFailure(.notServed, "CRD not installed"))
            cluster.endWatches(ReflectorFailure(.notServed, "CRD not installed"))
            try await eventually("its objects are gone") {
                reflector.store.count == 0 && reflector.isPresent == false
            }
            try await eventually("it is told of") {
                events.all.suffix(2) == [.deleted(.named("a"), "1"), .resynced]
            }
        }
    }

    @Test func aRequiredKindThatIsMissingIsWaitedFor() async throws {
        cluster.failAll(ReflectorFailure(.notServed, "CRD not installed"))
        let reflector = reflector()
        try await running(reflector) {
            try await eventually("it says what it waits for") { reflector.status == .waiting("CRD not installed") }
            try await eventually("it was looked for often") { cluster.lists.count > 8 }
            #expect(!reflector.store.isSynced)
            cluster.failAll(nil)
            try await reflector.waitUntilSynced()
        }
    }

    @Test func aWatchThatOutlivesItsTimeoutIsGivenUp() async throws {
        let clock = ManualClock()
        let reflector = Reflector(
            cluster, kind: "things", settings: .quick { $0.watchTimeout = 300...300 }, logger: .silent,
            clock: clock.runtimeClock, transform: Payload.transform)
        try await running(reflector) {
            try await eventually("the watch and its guard stand") {
                cluster.openWatches == 1 && clock.sleeping == [.seconds(330)]
            }
            clock.advance(by: .seconds(330))
            try await eventually("the pause begins") { clock.sleeping.contains { $0 > .seconds(330) } }
            clock.advance(by: .seconds(1))
            try await eventually("the watch stands again") { cluster.watches.count == 2 }
        }
    }

    @Test func aSecondRunWaitsForTheFirst() async throws {
        let reflector = reflector()
        let runs = (0..<2).map { _ in Task { try await reflector.run() } }
        try await reflector.waitUntilSynced()
        #expect(cluster.lists.count == 1)
        await reflector.shutdown()
        for run in runs { try await run.value }
        try await reflector.run()
        #expect(cluster.lists.count == 1)
    }
}
