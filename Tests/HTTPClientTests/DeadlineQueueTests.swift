import Testing

@testable import HTTPClient

@Suite struct DeadlineQueueTests {
    @Test func comesOutInOrderAndNotBeforeItsTime() {
        var queue = DeadlineQueue<Int, Int>()
        let instants = (0..<500).map { ($0 * 7919) % 1009 }
        for instant in instants { queue.insert(instant, at: instant) }
        #expect(queue.earliest == instants.min())
        #expect(queue.popDue(-1) == nil)
        var popped: [Int] = []
        while let id = queue.popDue(500) { popped.append(id) }
        #expect(popped == instants.filter { $0 <= 500 }.sorted())
        while let id = queue.popDue(.max) { popped.append(id) }
        #expect(popped == instants.sorted())
        #expect(queue.earliest == nil)
    }

    @Test func waitsAreRoundedUp() {
        #expect(EventPoller.milliseconds(nil) == -1)
        #expect(EventPoller.milliseconds(.zero) == 0)
        #expect(EventPoller.milliseconds(.seconds(-1)) == 0)
        #expect(EventPoller.milliseconds(.nanoseconds(1)) == 1)
        #expect(EventPoller.milliseconds(.milliseconds(1500)) == 1500)
        #expect(EventPoller.milliseconds(.seconds(1_000_000)) == 3_600_000)
    }
}
