import Testing

@testable import RedisClient

@Suite struct PipelineQueueTests {
    private let start = ContinuousClock.now

    private func finished(_ taken: PipelineQueue<String>.Taken) -> (String, [RedisReply])? {
        if case .finished(let batch, let replies) = taken { (batch, replies) } else { nil }
    }

    @Test func answersGoToBatchesInTheirOrder() throws {
        var queue = PipelineQueue<String>()
        queue.append("a", count: 2, deadline: start)
        queue.append("b", count: 1, deadline: start + .seconds(1))
        #expect(queue.deadline == start)
        let none = queue.take(.integer(1))
        #expect(finished(none) == nil)
        let all = queue.take(.error("ERR"))
        let first = try #require(finished(all))
        #expect(first.0 == "a")
        #expect(first.1 == [.integer(1), .error("ERR")])
        #expect(queue.deadline == start + .seconds(1))
        let second = queue.take(.null)
        #expect(finished(second)?.0 == "b")
        #expect(queue.isEmpty)
        #expect(queue.deadline == nil)
    }

    @Test func anAnswerForNobodyIsUnexpected() {
        var queue = PipelineQueue<String>()
        guard case .unexpected = queue.take(.null) else {
            Issue.record("somebody got it")
            return
        }
    }

    @Test func whatIsDrainedKeepsItsAnswersAndKnowsWhetherItsTimeWasOver() {
        var queue = PipelineQueue<String>()
        queue.append("late", count: 3, deadline: start)
        queue.append("early", count: 1, deadline: start + .seconds(1))
        _ = queue.take(.integer(7))
        let left = queue.drain(at: start + .milliseconds(500))
        #expect(left.map(\.batch) == ["late", "early"])
        #expect(left.map(\.replies) == [[.integer(7)], []])
        #expect(left.map(\.isOverdue) == [true, false])
        #expect(queue.isEmpty)
        queue.append("new", count: 1, deadline: start)
        let taken = queue.take(.null)
        #expect(finished(taken)?.0 == "new")
    }

    /// Far more than is thrown away at once, with the queue never empty.
    @Test func orderHoldsOverManyBatches() {
        var queue = PipelineQueue<Int>()
        var next = 0
        var expected = 0
        var wrong = 0
        for round in 0..<20_000 {
            for _ in 0...(round % 3) {
                queue.append(next, count: 1, deadline: start)
                next += 1
            }
            while next - expected > 3000, case .finished(let batch, _) = queue.take(.null) {
                if batch != expected { wrong += 1 }
                expected += 1
            }
        }
        #expect(wrong == 0)
        let left = queue.drain(at: start).map(\.batch)
        #expect(left == Array(expected..<next))
    }
}
