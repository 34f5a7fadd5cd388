import Concurrency
import ControllerRuntime
import Observability
import Testing

@Suite struct WorkQueueTests {
    @Test func aWaitingWorkerGetsTheNextKey() async throws {
        let queue = WorkQueue<String>()
        let worker = Task { await queue.next() }
        try await Task.sleep(for: .milliseconds(10))
        queue.add("a")
        #expect(await worker.value == "a")
        queue.done("a")
        queue.shutDown()
        #expect(await queue.next() == nil)
    }

    @Test func delaysFollowTheClockAndTheEarliestCounts() async throws {
        let clock = ManualClock()
        let queue = WorkQueue<String>(clock: clock.runtimeClock)
        queue.add("slow", after: .seconds(60))
        try await eventually("the timer is set") { clock.sleeping == [.seconds(60)] }
        queue.add("fast", after: .seconds(5))
        try await eventually("the timer is set anew") { clock.sleeping == [.seconds(5)] }
        clock.advance(by: .seconds(5))
        #expect(await queue.next() == "fast")
        queue.done("fast")
        try await eventually("the timer is set for the next") { clock.sleeping == [.seconds(60)] }
        clock.advance(by: .seconds(55))
        #expect(await queue.next() == "slow")
        queue.done("slow")
    }

    @Test func cancellationEndsWaitingAndLosesNoKey() async throws {
        let queue = WorkQueue<Int>()
        for round in 0..<200 {
            let waiter = Task { await queue.next() }
            if round % 2 == 0 { await Task.yield() }
            waiter.cancel()
            queue.add(round)
            if let key = await waiter.value {
                #expect(key == round)
            } else {
                #expect(await queue.next() == round)
            }
            queue.done(round)
        }
        #expect(queue.depth == 0)
    }

    @Test func manyWorkersNeverShareAKey() async throws {
        let queue = WorkQueue<Int>()
        let busy = Locked<Set<Int>>([])
        let handled = Locked(0)
        let clashes = Locked(0)
        let workers = (0..<8).map { _ in
            Task {
                while let key = await queue.next() {
                    busy.withLock { busy in if !busy.insert(key).inserted { clashes.withLock { $0 += 1 } } }
                    await Task.yield()
                    busy.withLock { _ = $0.remove(key) }
                    handled.withLock { $0 += 1 }
                    queue.done(key)
                }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for number in 0..<2_000 {
                        queue.add(number % 17)
                        if number % 10 == 0 { await Task.yield() }
                    }
                }
            }
        }
        await queue.waitUntilIdle()
        queue.shutDown()
        for worker in workers { await worker.value }
        #expect(clashes.withLock { $0 } == 0)
        #expect(handled.withLock { $0 } >= 17)
    }

    @Test func metricsTellDepthAddsAndRetries() {
        let registry = MetricsRegistry()
        let queue = WorkQueue<String>(
            clock: ManualClock().runtimeClock, metrics: WorkQueueMetrics(registry, queue: "bots"))
        queue.add("a")
        queue.add("b")
        queue.add("a")
        queue.addRateLimited("c")
        let text = registry.render()
        #expect(text.contains(#"workqueue_depth{queue="bots"} 2"#))
        #expect(text.contains(#"workqueue_adds_total{queue="bots"} 3"#))
        #expect(text.contains(#"workqueue_retries_total{queue="bots"} 1"#))
        #expect(text.contains(#"workqueue_delayed{queue="bots"} 1"#))
        queue.shutDown(discarding: true)
    }

    @Test func aDroppedQueueLeavesNoTimerBehind() async throws {
        let clock = ManualClock()
        do {
            let queue = WorkQueue<String>(clock: clock.runtimeClock)
            queue.add("a", after: .seconds(60))
            try await eventually("the timer is set") { clock.sleeping.count == 1 }
        }
        try await eventually("the timer is gone") { clock.sleeping.isEmpty }
    }
}
