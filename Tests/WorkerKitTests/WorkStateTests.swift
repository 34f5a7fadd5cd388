import KafkaClient
import Testing

@testable import WorkerKit

@Suite struct PartitionProgressTests {
    @Test func onlyWhatHasNothingOpenBelowItIsCommitted() {
        var progress = PartitionProgress(first: 10)
        for offset: Int64 in 10...14 { progress.take(offset) }
        #expect(progress.toCommit == nil)
        progress.finish(11)
        progress.finish(12)
        #expect(progress.toCommit == nil)
        progress.finish(10)
        #expect(progress.toCommit == 13)
        progress.commit(13)
        #expect(progress.toCommit == nil)
        progress.finish(14)
        #expect(progress.toCommit == nil)
        progress.finish(13)
        #expect(progress.toCommit == 15)
    }

    @Test func gapsInTheLogAreNoObstacle() {
        var progress = PartitionProgress(first: 3)
        progress.take(3)
        progress.take(9)
        progress.finish(3)
        #expect(progress.toCommit == 9)
        progress.finish(9)
        #expect(progress.toCommit == 10)
    }
}

@Suite struct WorkStateTests {
    private func record(_ offset: Int64, key: String? = "a", partition: Int32 = 0) -> KafkaMessage {
        KafkaMessage(
            topic: "t", partition: partition, offset: offset, key: key.map { Array($0.utf8) }, value: [], timestamp: 0)
    }

    private let zero = TopicPartition(topic: "t", partition: 0)
    private let one = TopicPartition(topic: "t", partition: 1)

    @Test func aChatHasOneJobAtWorkInItsOrder() throws {
        let state = Machine()
        state.admit([record(0), record(1), record(2, key: "b"), record(3)])
        let first = try #require(state.next())
        let other = try #require(state.next())
        #expect(first.record.offset == 0)
        #expect(other.record.offset == 2)
        #expect(state.next() == nil)
        #expect(state.waitingCount == 2)
        state.finish(first, isDone: true)
        let second = try #require(state.next())
        #expect(second.record.offset == 1)
        #expect(state.next() == nil)
        state.admit([record(4)])
        #expect(state.next() == nil)
        state.finish(second, isDone: true)
        #expect(state.next()?.record.offset == 3)
    }

    @Test func recordsWithoutKeyDoNotWaitForEachOther() {
        let state = Machine()
        state.admit([record(0, key: nil), record(1, key: nil)])
        #expect(state.next()?.record.offset == 0)
        #expect(state.next()?.record.offset == 1)
    }

    @Test func commitsComeOneAtATimeAndAreRepeatedWhenTheyFail() throws {
        let state = Machine()
        state.admit([record(0), record(1, key: "b")])
        let first = try #require(state.next())
        let second = try #require(state.next())
        #expect(state.beginCommit() == nil)
        state.finish(second, isDone: true)
        #expect(state.beginCommit() == nil)
        state.finish(first, isDone: true)
        #expect(state.beginCommit() == [zero: 2])
        #expect(state.beginCommit() == nil)
        #expect(!state.isQuiet([zero]))
        state.endCommit([zero: 2], isDone: false)
        #expect(state.beginCommit() == [zero: 2])
        state.endCommit([zero: 2], isDone: true)
        #expect(state.beginCommit() == nil)
        #expect(state.isQuiet([zero]))
    }

    @Test func aJobThatWasBrokenOffHoldsTheOffset() throws {
        let state = Machine()
        state.admit([record(0), record(1, key: "b")])
        let first = try #require(state.next())
        let second = try #require(state.next())
        state.finish(first, isDone: false)
        state.finish(second, isDone: true)
        #expect(state.beginCommit() == nil)
    }

    @Test func stoppingForgetsWhatWaitsAndCommitsWhatIsDone() throws {
        let state = Machine()
        state.admit([record(0), record(1)])
        let job = try #require(state.next())
        state.stop()
        state.admit([record(2, key: "c")])
        state.finish(job, isDone: true)
        #expect(state.next() == nil)
        #expect(state.waitingCount == 0)
        #expect(state.beginCommit() == [zero: 1])
    }

    @Test func aRebalanceTakesOnlyItsPartitions() throws {
        let state = Machine()
        state.admit([record(0), record(1), record(5, key: "b", partition: 1), record(6, key: "c", partition: 1)])
        let kept = try #require(state.next())
        let going = try #require(state.next())
        state.drop([one])
        #expect(state.waitingCount == 1)
        #expect(!state.isQuiet([one]))
        state.finish(going, isDone: true)
        #expect(state.isQuiet([one]))
        #expect(state.release([one]) == [one: 6])
        #expect(state.release([one]) == [:])
        state.finish(kept, isDone: true)
        #expect(state.next()?.record.offset == 1)
    }

    @Test func aHandlerOfTheAssignmentBeforeDoesNotFinishTheNewOnesRecord() throws {
        let state = Machine()
        state.admit([record(0)])
        let old = try #require(state.next())
        #expect(state.release([zero]) == [:])
        state.admit([record(0)])
        // The same chat waits for the handler that is still at work.
        #expect(state.next() == nil)
        state.finish(old, isDone: true)
        #expect(state.beginCommit() == nil)
        let new = try #require(state.next())
        state.finish(new, isDone: true)
        #expect(state.beginCommit() == [zero: 1])
    }
}

@Suite struct WorkQueueTests {
    @Test func idleTasksGetJobsAndTheEnd() async {
        let queue = WorkQueue()
        async let first = queue.next()
        async let second = queue.next()
        queue.admit([KafkaMessage(topic: "t", partition: 0, offset: 0, key: [1], value: [], timestamp: 0)])
        // Whoever was first has the record, the other one the end.
        while queue.waitingCount > 0 { await Task.yield() }
        queue.stop()
        let jobs = await [first, second]
        #expect(jobs.compactMap { $0?.record.offset } == [0])
        #expect(await queue.next() == nil)
    }

    @Test func pausesEndWithTheWorker() async {
        let pauses = Pauses()
        #expect(await pauses.sleep(for: .milliseconds(1)))
        async let long = pauses.sleep(for: .seconds(600))
        pauses.end()
        #expect(await long == false)
        #expect(await pauses.sleep(for: .seconds(600)) == false)
    }
}

/// A ``WorkState`` by reference, so that expectations can change it.
private final class Machine {
    private var state = WorkState()

    var waitingCount: Int { state.waitingCount }

    func admit(_ records: [KafkaMessage]) { state.admit(records) }
    func next() -> Job? { state.next() }
    func finish(_ job: Job, isDone: Bool) { state.finish(job, isDone: isDone) }
    func stop() { state.stop() }
    func beginCommit() -> [TopicPartition: Int64]? { state.beginCommit() }
    func endCommit(_ offsets: [TopicPartition: Int64], isDone: Bool) { state.endCommit(offsets, isDone: isDone) }
    func drop(_ partitions: Set<TopicPartition>) { state.drop(partitions) }
    func isQuiet(_ partitions: Set<TopicPartition>) -> Bool { state.isQuiet(partitions) }
    func release(_ partitions: Set<TopicPartition>) -> [TopicPartition: Int64] { state.release(partitions) }
}
