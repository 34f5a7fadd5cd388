import Concurrency
import ControllerRuntime
import KubernetesTypes
import Observability
import Testing

@Suite struct ControllerTests {
    private let cluster = FakeCluster()
    private let other = FakeCluster()
    private let reconciled = Recorder<String>()
    private let metrics = MetricsRegistry()
    private let health = HealthRegistry()

    private func controller(
        settings: ControllerSettings = .quick(), owns: [OwnedKind] = [], logger: Logger = .silent,
        reflectorSettings: ReflectorSettings = .quick(),
        reconcile: Controller<String>.Reconcile? = nil
    ) -> Controller<String> {
        let reconciled = reconciled
        return Controller(
            name: "things",
            primary: Reflector(
                cluster, kind: "things", settings: reflectorSettings, logger: .silent, transform: Payload.transform),
            owns: owns, settings: settings, logger: logger, metrics: metrics, health: health,
            reconcile: reconcile ?? { key in
                reconciled.note(key.name)
                return .done
            })
    }

    private func running<Primary>(_ controller: Controller<Primary>, _ body: () async throws -> Void) async throws {
        let run = Task { try await controller.run() }
        do {
            try await body()
        } catch {
            run.cancel()
            throw error
        }
        await controller.shutdown()
        try await run.value
    }

    @Test func everyObjectIsReconciledAtTheStartAndOnEveryChange() async throws {
        for name in ["a", "b"] { cluster.put(name, "1") }
        let controller = controller()
        #expect(health.notReady == nil, "a controller that is not run keeps nobody from being ready")
        try await running(controller) {
            try await eventually("both were reconciled") { Set(reconciled.all) == ["a", "b"] }
            #expect(health.notReady == nil)
            reconciled.clear()
            try await eventually("the watch stands") { cluster.openWatches == 1 }
            cluster.put("b", "2")
            try await eventually("the change was reconciled") { reconciled.all == ["b"] }
            cluster.delete("a")
            try await eventually("the deletion was reconciled") { reconciled.all == ["b", "a"] }
            controller.trigger(.named("elsewhere"))
            try await eventually("what was triggered was reconciled") { reconciled.all.last == "elsewhere" }
            controller.trigger(.named("later"), after: .milliseconds(20))
            try await eventually("what was triggered for later was reconciled") { reconciled.all.last == "later" }
        }
        #expect(metrics.render().contains(#"controller_reconciles_total{controller="things",result="done"} 6"#))
        #expect(health.notReady == "controller things: stopped")
    }

    @Test func nothingIsReconciledBeforeAllStoresAreSynced() async throws {
        cluster.put("a", "1")
        other.failAll(ReflectorFailure(.unreachable, "API server unreachable at https://10.0.0.1: refused"))
        let lines = Recorder<String>()
        let logger = Logger(label: "test", sink: { lines.note($0) })
        let owned = Reflector(
            other, kind: "others", settings: .quick(), logger: .silent, transform: Payload.transform)
        let controller = controller(owns: [OwnedKind(owned) { key, _ in [key] }], logger: logger)
        try await running(controller) {
            try await eventually("it says what it waits for") {
                health.notReady?.contains("reflector of others: API server unreachable at https://10.0.0.1") == true
            }
            try await eventually("many tries were made") { other.lists.count > 10 }
            try await Task.sleep(for: .milliseconds(50))
            #expect(reconciled.all.isEmpty)
            #expect(lines.all.filter { $0.contains("refused") }.count == 1, "the reason is logged once")
            other.failAll(ReflectorFailure(.notServed, "CRD not installed"))
            try await eventually("the new reason is logged") { lines.all.contains { $0.contains("CRD not installed") } }
            other.failAll(nil)
            try await eventually("it was reconciled") { reconciled.all == ["a"] }
            #expect(health.notReady == nil)
        }
    }

    @Test func ownedObjectsLeadToTheirOwners() async throws {
        let owned = Reflector(
            other, kind: "others", settings: .quick(), logger: .silent, transform: Payload.transform)
        // The payload is the owner's name.
        let kind = OwnedKind(owned, filter: { old, new in old != new }, keys: { _, owner in [.named(owner)] })
        other.put("x", "a")
        try await running(controller(owns: [kind])) {
            try await eventually("the owner was reconciled") { reconciled.all == ["a"] }
            try await eventually("the watch stands") { other.openWatches == 1 }
            reconciled.clear()
            // Given to another owner: both are looked at.
            other.put("x", "b")
            try await eventually("both owners were reconciled") { Set(reconciled.all) == ["a", "b"] }
            reconciled.clear()
            other.put("x", "b")
            other.put("y", "c")
            try await eventually("the owner of another was reconciled") { reconciled.all == ["c"] }
            reconciled.clear()
            other.delete("x")
            try await eventually("the owner of what was deleted was reconciled") { reconciled.all == ["b"] }
        }
    }

    @Test func failuresAreTriedAgainUntilTheySucceed() async throws {
        cluster.put("a", "1")
        let attempts = Locked(0)
        struct Failure: Error {}
        let controller = controller { _ in
            let number = attempts.withLock {
                $0 += 1
                return $0
            }
            if number < 4 { throw Failure() }
            return .done
        }
        try await running(controller) {
            try await eventually("it succeeded") { attempts.withLock { $0 } == 4 && controller.isIdle }
        }
        let text = metrics.render()
        #expect(text.contains(#"controller_reconcile_errors_total{controller="things"} 3"#))
        #expect(text.contains(#"workqueue_retries_total{queue="things"} 3"#))
    }

    @Test func aRequeueComesAfterItsTime() async throws {
        cluster.put("a", "1")
        let count = Locked(0)
        let controller = controller { _ in
            let number = count.withLock {
                $0 += 1
                return $0
            }
            return number < 3 ? .requeue(after: .milliseconds(10)) : .done
        }
        try await running(controller) {
            try await eventually("it came three times") { count.withLock { $0 } == 3 }
        }
    }

    @Test func aReconcileThatHangsIsCancelled() async throws {
        cluster.put("a", "1")
        let count = Locked(0)
        let reconciled = reconciled
        let controller = controller(settings: .quick { $0.reconcileTimeout = .milliseconds(50) }) { key in
            let number = count.withLock {
                $0 += 1
                return $0
            }
            if number == 1 { try await Task.sleep(for: .seconds(3600)) }
            reconciled.note(key.name)
            return .done
        }
        try await running(controller) {
            try await eventually("the second try succeeded") { reconciled.all == ["a"] }
        }
        #expect(metrics.render().contains(#"controller_reconcile_errors_total{controller="things"} 1"#))
    }

    @Test func shutdownWaitsForRunningReconcilesAndDropsTheRest() async throws {
        for number in 0..<20 { cluster.put("object\(number)", "1") }
        let started = Recorder<String>()
        let finished = Recorder<String>()
        let release = StopSignal()
        let controller = controller(settings: .quick { $0.workers = 3 }) { key in
            started.note(key.name)
            await release.wait()
            finished.note(key.name)
            return .requeue(after: .zero)
        }
        let run = Task { try await controller.run() }
        try await eventually("three are at work") { started.all.count == 3 }
        await controller.shutdown()
        try await Task.sleep(for: .milliseconds(20))
        #expect(finished.all.isEmpty)
        release.set()
        try await run.value
        #expect(Set(finished.all) == Set(started.all))
        #expect(started.all.count == 3)
        #expect(cluster.openWatches == 0)
    }

    @Test func reconcilesThatOutliveTheDeadlineAreCancelled() async throws {
        cluster.put("a", "1")
        let started = StopSignal()
        let cancelled = StopSignal()
        let controller = controller(settings: .quick { $0.shutdownDeadline = .milliseconds(20) }) { _ in
            started.set()
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                cancelled.set()
                throw error
            }
            return .done
        }
        let run = Task { try await controller.run() }
        await started.wait()
        await controller.shutdown()
        try await run.value
        #expect(cancelled.isSet)
    }

    @Test func cancellationEndsEverything() async throws {
        cluster.put("a", "1")
        let started = StopSignal()
        let controller = controller { _ in
            started.set()
            try await Task.sleep(for: .seconds(3600))
            return .done
        }
        let run = Task { try await controller.run() }
        await started.wait()
        run.cancel()
        try await run.value
        #expect(cluster.openWatches == 0)
    }

    /// More wait than there are workers, and each would for ever.
    @Test func reconcilesThatWaitForOthersGiveTheirWorkerAway() async throws {
        for number in 0..<10 { cluster.put("slow\(number)", "1") }
        let started = Recorder<String>()
        let release = StopSignal()
        let reconciled = reconciled
        let controller = controller(
            settings: .quick {
                $0.workers = 2
                $0.patience = .milliseconds(10)
            }
        ) { key in
            started.note(key.name)
            if key.name.hasPrefix("slow") { await WorkerSlot.waiting { await release.wait() } }
            reconciled.note(key.name)
            return .done
        }
        try await running(controller) {
            try await eventually("all slow ones wait") { started.all.count == 10 }
            let waiting = #"controller_waiting_reconciles{controller="things"} "#
            try await eventually("all have given their worker away") { metrics.render().contains(waiting + "10") }
            controller.trigger(.named("quick"))
            try await eventually("another is reconciled") { reconciled.all == ["quick"] }
            controller.trigger(.named("slow1"))
            #expect(!controller.isIdle)
            release.set()
            try await eventually("all come to their end, one of them twice") {
                reconciled.all.count == 12 && controller.isIdle
            }
            try await eventually("as many workers are left as there were") { metrics.render().contains(waiting + "0") }
        }
        #expect(started.all.filter { $0 == "slow1" }.count == 2)
        #expect(Set(started.all).count == 11)
    }

    @Test func noMoreThanSoManyWaitWithoutAWorker() async throws {
        for number in 0..<10 { cluster.put("slow\(number)", "1") }
        let started = Recorder<String>()
        let release = StopSignal()
        let controller = controller(
            settings: .quick {
                $0.workers = 2
                $0.patience = .milliseconds(5)
                $0.maxWaiting = 3
            }
        ) { key in
            started.note(key.name)
            await WorkerSlot.waiting { await release.wait() }
            return .done
        }
        try await running(controller) {
            // A quarter of the workers is for what changes, but here there are only two.
            try await eventually("as many as may are at work") { started.all.count == 5 }
            try await Task.sleep(for: .milliseconds(100))
            #expect(started.all.count == 5)
            release.set()
            try await eventually("all come to their end") { started.all.count == 10 && controller.isIdle }
        }
    }

    /// What is slow for another reason keeps its worker: more at the same time would make it slower.
    @Test func onlyWaitingForOthersGivesTheWorkerAway() async throws {
        for number in 0..<4 { cluster.put("slow\(number)", "1") }
        let started = Recorder<String>()
        let release = StopSignal()
        let controller = controller(
            settings: .quick {
                $0.workers = 2
                $0.patience = .milliseconds(5)
            }
        ) { key in
            started.note(key.name)
            await WorkerSlot.waiting {}
            await release.wait()
            return .done
        }
        try await running(controller) {
            try await eventually("both workers are at work") { started.all.count == 2 }
            try await Task.sleep(for: .milliseconds(100))
            #expect(started.all.count == 2)
            release.set()
            try await eventually("all come to their end") { started.all.count == 4 && controller.isIdle }
        }
    }

    @Test func theShutdownWaitsForThoseWithoutAWorkerToo() async throws {
        for number in 0..<4 { cluster.put("slow\(number)", "1") }
        let started = Recorder<String>()
        let finished = Recorder<String>()
        let controller = controller(
            settings: .quick {
                $0.workers = 1
                $0.patience = .milliseconds(5)
                $0.shutdownDeadline = .milliseconds(50)
            }
        ) { key in
            started.note(key.name)
            defer { finished.note(key.name) }
            try await WorkerSlot.waiting { try await Task.sleep(for: .seconds(3600)) }
            return .done
        }
        let run = Task { try await controller.run() }
        try await eventually("all wait") { started.all.count == 4 }
        await controller.shutdown()
        try await run.value
        #expect(finished.all.count == 4)
    }

    @Test func oneObjectIsNeverReconciledTwiceAtOnce() async throws {
        let busy = Locked<Set<ObjectKey>>([])
        let clashes = Locked(0)
        let count = Locked(0)
        let controller = controller(settings: .quick { $0.workers = 8 }) { key in
            if !busy.withLock({ $0.insert(key).inserted }) { clashes.withLock { $0 += 1 } }
            await Task.yield()
            busy.withLock { _ = $0.remove(key) }
            count.withLock { $0 += 1 }
            return .done
        }
        try await running(controller) {
            try await eventually("the watch stands") { cluster.openWatches == 1 }
            for number in 0..<1_000 {
                cluster.put("object\(number % 5)", "\(number)")
                controller.trigger(.named("object\(number % 3)"))
                if number % 50 == 0 { await Task.yield() }
            }
            try await eventually("all is done") { controller.isIdle && controller.store.count == 5 }
        }
        #expect(clashes.withLock { $0 } == 0)
        #expect(count.withLock { $0 } >= 5)
    }
}
