import Concurrency
import ControllerRuntime
import Testing

@Suite struct WorkQueueStateTests {
    private func queue() -> Machine<WorkQueueState<String>> {
        Machine(WorkQueueState(retry: Backoff(base: .seconds(1), maximum: .seconds(8), jitter: 0)))
    }

    @Test func keysComeInTheOrderOfTheirAdding() {
        let queue = queue()
        for key in ["a", "b", "c"] { queue({ $0.add(key) }) }
        #expect(
            [queue({ $0.next() }), queue({ $0.next() }), queue({ $0.next() }), queue({ $0.next() })] == [
                "a", "b", "c", nil,
            ])
    }

    @Test func duplicatesCollapse() {
        let queue = queue()
        #expect(queue({ $0.add("a") }))
        queue({ $0.add("b") })
        #expect(!queue({ $0.add("a") }))
        #expect(queue.depth == 2)
        #expect([queue({ $0.next() }), queue({ $0.next() }), queue({ $0.next() })] == ["a", "b", nil])
    }

    @Test func aKeyIsNeverHandedOutTwiceAtOnce() {
        let queue = queue()
        queue({ $0.add("a") })
        #expect(queue({ $0.next() }) == "a")
        queue({ $0.add("a") })
        queue({ $0.add("a") })
        #expect(queue({ $0.next() }) == nil)
        queue({ $0.done("a") })
        #expect(queue({ $0.next() }) == "a")
        queue({ $0.done("a") })
        #expect(queue({ $0.next() }) == nil)
    }

    @Test func aBusyKeyGoesBehindTheOthers() {
        let queue = queue()
        queue({ $0.add("busy") })
        #expect(queue({ $0.next() }) == "busy")
        queue({ $0.add("busy") })
        queue({ $0.add("other") })
        queue({ $0.done("busy") })
        #expect([queue({ $0.next() }), queue({ $0.next() })] == ["other", "busy"])
    }

    @Test func delayedKeysComeAtTheirTimeAndKeepTheEarliest() {
        let queue = queue()
        queue({ $0.add("a", at: .seconds(10), now: .zero) })
        queue({ $0.add("a", at: .seconds(5), now: .zero) })
        queue({ $0.add("a", at: .seconds(20), now: .zero) })
        #expect(queue({ $0.nextDeadline() }) == .seconds(5))
        #expect(queue({ $0.fireDue(now: .seconds(4)) }) == 0)
        #expect(queue({ $0.next() }) == nil)
        #expect(queue({ $0.fireDue(now: .seconds(5)) }) == 1)
        #expect(queue({ $0.next() }) == "a")
        queue({ $0.done("a") })
        #expect(queue({ $0.fireDue(now: .seconds(100)) }) == 0)
        #expect(queue({ $0.nextDeadline() }) == nil)
    }

    @Test func anImmediateAddReplacesADelayedOne() {
        let queue = queue()
        queue({ $0.add("a", at: .seconds(5), now: .zero) })
        queue({ $0.add("a") })
        #expect(queue.delayedCount == 0)
        #expect(queue({ $0.next() }) == "a")
        queue({ $0.done("a") })
        queue({ $0.fireDue(now: .seconds(10)) })
        #expect(queue({ $0.next() }) == nil)
    }

    @Test func aDelayIsDroppedWhenTheKeyComesUpBeforeAnyway() {
        let queue = queue()
        queue({ $0.add("a") })
        #expect(!queue({ $0.add("a", at: .seconds(5), now: .zero) }))
        #expect(queue({ $0.next() }) == "a")
        // Wanted once more during the work, so it comes before five seconds are over.
        queue({ $0.add("a") })
        #expect(!queue({ $0.add("a", at: .seconds(5), now: .zero) }))
        queue({ $0.done("a") })
        #expect(queue({ $0.next() }) == "a")
        // Not wanted: the delay holds.
        #expect(queue({ $0.add("a", at: .seconds(5), now: .zero) }))
        queue({ $0.done("a") })
        #expect(queue({ $0.next() }) == nil)
        queue({ $0.fireDue(now: .seconds(5)) })
        #expect(queue({ $0.next() }) == "a")
    }

    @Test func aDelayThatEndsDuringTheWorkLetsTheKeyComeUpAfterwards() {
        let queue = queue()
        queue({ $0.add("a") })
        _ = queue({ $0.next() })
        queue({ $0.add("a", at: .seconds(1), now: .zero) })
        #expect(queue({ $0.fireDue(now: .seconds(1)) }) == 1)
        #expect(queue({ $0.next() }) == nil)
        queue({ $0.done("a") })
        #expect(queue({ $0.next() }) == "a")
    }

    @Test func failuresBackOffPerKeyUntilForgotten() {
        let queue = queue()
        #expect((0..<5).map { _ in queue({ $0.addRateLimited("a", now: .zero) }).seconds } == [1, 2, 4, 8, 8])
        #expect(queue({ $0.addRateLimited("b", now: .zero) }) == .seconds(1))
        #expect(queue({ $0.failures(of: "a") }) == 5)
        queue({ $0.forget("a") })
        #expect(queue({ $0.failures(of: "a") }) == 0)
        #expect(queue({ $0.addRateLimited("a", now: .zero) }) == .seconds(1))
        queue({ $0.forget("a") })
        queue({ $0.forget("b") })
        #expect(queue.failingCount == 0)
    }

    @Test func jitterShortensTheDelay() {
        let queue = Machine(
            WorkQueueState<String>(retry: Backoff(base: .seconds(10), maximum: .seconds(10), jitter: 0.5)))
        #expect(queue({ $0.addRateLimited("a", now: .zero, random: 0) }) == .seconds(10))
        #expect(queue({ $0.addRateLimited("a", now: .zero, random: 1) }) == .seconds(5))
    }

    @Test func normalKeysGoFirstAndBackgroundKeysStillCome() {
        let queue = queue()
        for number in 0..<3 { queue({ $0.add("slow\(number)", priority: .background) }) }
        for number in 0..<16 { queue({ $0.add("fast\(number)") }) }
        var order: [String] = []
        while let key = queue({ $0.next() }) { order.append(key) }
        #expect(order.count == 19)
        #expect(order.firstIndex(of: "slow0") == 7)
        #expect(order.firstIndex(of: "slow1") == 15)
        #expect(order.filter { $0.hasPrefix("fast") } == (0..<16).map { "fast\($0)" })
    }

    @Test func whatFailedGoesBehindWhatIsNewAndStillComes() {
        let queue = queue()
        queue({ $0.add("failing") })
        _ = queue({ $0.next() })
        queue({ $0.addRateLimited("failing", now: .zero, random: 0) })
        queue({ $0.done("failing") })
        queue({ $0.fireDue(now: .seconds(10)) })
        for number in 0..<9 { queue({ $0.add("new\(number)", priority: .background) }) }
        queue({ $0.add("changed") })
        var order: [String] = []
        while let key = queue({ $0.next() }) {
            order.append(key)
            queue({ $0.done(key) })
        }
        #expect(order.first == "changed")
        #expect(order.firstIndex(of: "failing") == 8)
        #expect(order.count == 11)
        // A change of it is as urgent as that of any other.
        queue({ $0.addRateLimited("failing", now: .zero, random: 0) })
        queue({ $0.fireDue(now: .seconds(20)) })
        queue({ $0.add("new", priority: .background) })
        queue({ $0.add("failing") })
        #expect(queue({ $0.next() }) == "failing")
    }

    @Test func thoseThatFailedDoNotTakeAllWorkersOfTheOthers() {
        let queue = Machine(
            WorkQueueState<String>(
                retry: Backoff(base: .seconds(1), maximum: .seconds(1), jitter: 0), backgroundLimit: 3, retryLimit: 2))
        for key in ["a", "b", "c"] { queue({ $0.addRateLimited(key, now: .zero) }) }
        queue({ $0.fireDue(now: .seconds(1)) })
        #expect([queue({ $0.next() }), queue({ $0.next() }), queue({ $0.next() })] == ["a", "b", nil])
        for key in ["new", "newer"] { queue({ $0.add(key, priority: .background) }) }
        #expect([queue({ $0.next() }), queue({ $0.next() })] == ["new", nil])
        queue({ $0.done("a") })
        #expect([queue({ $0.next() }), queue({ $0.next() })] == ["newer", nil])
        for key in ["new", "newer"] { queue({ $0.done(key) }) }
        #expect(queue({ $0.next() }) == "c")
    }

    /// Its work goes on, so it must not be handed out a second time.
    @Test func whatStepsAsideCountsForNoLimitAndIsStillAtWork() {
        let queue = Machine(
            WorkQueueState<String>(retry: Backoff(base: .seconds(1), maximum: .seconds(8)), backgroundLimit: 1))
        for key in ["slow", "other"] { queue({ $0.add(key, priority: .background) }) }
        #expect(queue({ $0.next() }) == "slow")
        #expect(queue({ $0.next() }) == nil)
        queue({ $0.stepAside("slow") })
        #expect(queue({ $0.next() }) == "other")
        queue({ $0.done("other") })
        queue({ $0.add("slow") })
        #expect(queue({ $0.next() }) == nil)
        #expect(!queue.isIdle)
        queue({ $0.done("slow") })
        #expect(queue({ $0.next() }) == "slow")
    }

    /// However many of them hang, there is room for what people change.
    @Test func onlySoManyBackgroundKeysAreWorkedOnAtOnce() {
        let queue = Machine(
            WorkQueueState<String>(retry: Backoff(base: .seconds(1), maximum: .seconds(8)), backgroundLimit: 2))
        for key in ["a", "b", "c"] { queue({ $0.add(key, priority: .background) }) }
        #expect(queue({ $0.next() }) == "a")
        #expect(queue({ $0.next() }) == "b")
        #expect(queue({ $0.next() }) == nil)
        queue({ $0.add("urgent") })
        #expect(queue({ $0.next() }) == "urgent")
        queue({ $0.done("a") })
        #expect(queue({ $0.next() }) == "c")
        queue({ $0.done("b") })
        queue({ $0.done("c") })
        queue({ $0.done("urgent") })
        #expect(queue({ $0.isIdle }))
    }

    @Test func anUrgentAddMovesAKeyForward() {
        let queue = queue()
        for key in ["a", "b", "c"] { queue({ $0.add(key, priority: .background) }) }
        queue({ $0.add("c") })
        #expect(queue.depth == 3)
        var order: [String] = []
        while let key = queue({ $0.next() }) { order.append(key) }
        #expect(order == ["c", "a", "b"])
    }

    @Test func aKeyThatMovedForwardLeavesItsOldPlace() {
        let queue = queue()
        for key in ["a", "b", "c"] { queue({ $0.add(key, priority: .background) }) }
        queue({ $0.add("a") })
        #expect(queue({ $0.next() }) == "a")
        queue({ $0.done("a") })
        queue({ $0.add("a", priority: .background) })
        var order: [String] = []
        while let key = queue({ $0.next() }) { order.append(key) }
        #expect(order == ["b", "c", "a"])
    }

    @Test func shutdownTakesNothingNewAndDrains() {
        let queue = queue()
        queue({ $0.add("a") })
        queue({ $0.add("later", at: .seconds(1), now: .zero) })
        _ = queue({ $0.next() })
        queue({ $0.add("a") })
        queue({ $0.add("b") })
        queue({ $0.shutDown(discarding: false) })
        #expect(!queue({ $0.add("c") }))
        #expect(queue({ $0.nextDeadline() }) == nil)
        #expect(queue({ $0.next() }) == "b")
        #expect(!queue.isFinished)
        queue({ $0.done("b") })
        queue({ $0.done("a") })
        #expect(queue({ $0.next() }) == "a")
        queue({ $0.done("a") })
        #expect(queue.isFinished && queue.isIdle)
    }

    @Test func shutdownMayDiscard() {
        let queue = queue()
        queue({ $0.add("a") })
        _ = queue({ $0.next() })
        queue({ $0.add("a") })
        queue({ $0.add("b") })
        queue({ $0.shutDown(discarding: true) })
        #expect(queue.isFinished)
        #expect(!queue.isIdle)
        queue({ $0.done("a") })
        #expect(queue({ $0.next() }) == nil && queue.isIdle)
    }

    /// Against a model that says only what must hold, over random histories.
    @Test(arguments: 0..<20) func randomHistoriesKeepThePromises(seed: UInt64) {
        var random = SplitMix(state: seed)
        let queue = Machine(WorkQueueState<Int>(retry: Backoff(base: .seconds(1), maximum: .seconds(60))))
        var now = Duration.zero
        var working: Set<Int> = []
        /// Added since the key was last handed out, and not only for later.
        var owed: Set<Int> = []
        var delayed: [Int: Duration] = [:]
        for _ in 0..<5_000 {
            let key = Int.random(in: 0..<20, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2:
                queue({ $0.add(key, priority: Bool.random(using: &random) ? .normal : .background) })
                owed.insert(key)
                delayed[key] = nil
            case 3:
                let deadline = now + .seconds(Int.random(in: 1...30, using: &random))
                queue({ $0.add(key, at: deadline, now: now) })
                if !owed.contains(key) { delayed[key] = min(delayed[key] ?? deadline, deadline) }
            case 4...6:
                if let next = queue({ $0.next() }) {
                    #expect(!working.contains(next), "\(next) was handed out twice")
                    #expect(owed.contains(next), "\(next) was handed out for nothing")
                    working.insert(next)
                    owed.remove(next)
                } else {
                    #expect(owed.isSubset(of: working), "a key was lost")
                }
            case 7...8:
                if let done = working.randomElement(using: &random) {
                    working.remove(done)
                    queue({ $0.done(done) })
                }
            default:
                now += .seconds(Int.random(in: 0...5, using: &random))
                queue({ $0.fireDue(now: now) })
                for (key, deadline) in delayed where deadline <= now {
                    owed.insert(key)
                    delayed[key] = nil
                }
            }
            let deadline = queue({ $0.nextDeadline() })
            // #expect itself costs more than all the rest.
            guard deadline == delayed.values.min(), queue.processingCount == working.count,
                queue.depth == owed.subtracting(working).count
            else {
                Issue.record("deadline \(String(describing: deadline)), \(queue.processingCount), \(queue.depth)")
                return
            }
        }
    }
}

/// A small random number generator with a seed, so that a failing history can be had again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
