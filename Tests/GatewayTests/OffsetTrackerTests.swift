import Testing

@testable import Gateway

@Suite struct OffsetTrackerTests {
    private func tracker(_ offsets: ClosedRange<Int64>) -> OffsetTracker {
        var tracker = OffsetTracker()
        for offset in offsets { expectTaken(tracker.take(offset)) }
        return tracker
    }

    @Test func commitsUpToTheFirstUnfinished() {
        var tracker = tracker(10...14)
        #expect(tracker.committable == nil)
        tracker.finish(11)
        tracker.finish(13)
        #expect(tracker.committable == nil)
        #expect(tracker.ahead == 2)
        tracker.finish(10)
        #expect(tracker.committable == 12)
        tracker.didCommit(12)
        #expect(tracker.committable == nil)
        #expect(tracker.ahead == 1)
        tracker.finish(12)
        tracker.finish(14)
        #expect(tracker.committable == 15)
    }

    @Test func nothingIsKnownBeforeTheFirstRecord() {
        let tracker = OffsetTracker()
        #expect(tracker.committable == nil)
        #expect(!tracker.isReading)
    }

    @Test func whatIsHereOrFinishedIsRecognized() {
        var tracker = tracker(0...2)
        tracker.finish(1)
        tracker.endReading(keeping: [0])
        // 0 is still under way, 1 was finished but not committed, 2 was only waiting.
        expectKnown(tracker.take(0))
        expectKnown(tracker.take(1))
        expectTaken(tracker.take(2))
        tracker.finish(0)
        #expect(tracker.committable == 2)
    }

    @Test func waitingRecordsOfARevokedPartitionAreNeverCommittedOver() {
        var tracker = tracker(0...9)
        for offset in Int64(0)...4 { tracker.finish(offset) }
        // The commit before the partition goes.
        #expect(tracker.committable == 5)
        tracker.abandon(5)
        #expect(tracker.committable == 5)
        tracker.endReading(keeping: [])
        #expect(tracker.committable == nil)
        for offset in Int64(5)...9 { expectTaken(tracker.take(offset)) }
    }

    @Test func reReadRecordsAreNotCommittedOverByOnesThatStayedUnderWay() {
        var tracker = tracker(0...9)
        tracker.endReading(keeping: [8])
        expectTaken(tracker.take(0))
        tracker.finish(0)
        // 8 is under way, but 1...7 are not even read again.
        #expect(tracker.committable == 1)
    }

    @Test func anotherGatewaysProgressIsNotUndone() {
        var tracker = tracker(0...9)
        tracker.finish(0)
        tracker.endReading(keeping: [3])
        expectTaken(tracker.take(100))
        #expect(!tracker.isWorking(on: 3))
        tracker.finish(3)
        #expect(tracker.committable == nil)
        tracker.finish(100)
        #expect(tracker.committable == 101)
        #expect(tracker.ahead == 1)
    }

    @Test func aTopicThatWasMadeAnewBeginsAtZero() {
        var tracker = tracker(50...52)
        for offset in Int64(50)...52 { tracker.finish(offset) }
        tracker.didCommit(53)
        expectTaken(tracker.take(0))
        tracker.finish(0)
        #expect(tracker.committable == 1)
    }

    @Test func skippedOffsetsDoNotHoldItUp() {
        var tracker = OffsetTracker()
        expectTaken(tracker.take(3))
        expectTaken(tracker.take(7))
        tracker.finish(3)
        #expect(tracker.committable == 7)
        tracker.finish(7)
        #expect(tracker.committable == 8)
    }

    @Test func anAbandonedRecordIsTakenAgainAfterTheNextAssignment() {
        var tracker = tracker(0...1)
        tracker.endReading(keeping: [0, 1])
        tracker.abandon(0)
        expectTaken(tracker.take(0))
        expectKnown(tracker.take(1))
    }

    // Outside of the macro, which cannot call mutating functions.
    private func expectTaken(_ isNew: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(isNew, sourceLocation: sourceLocation)
    }

    private func expectKnown(_ isNew: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(!isNew, sourceLocation: sourceLocation)
    }
}
