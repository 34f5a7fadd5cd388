import Testing

@testable import HTTPClient

/// The state machine of a streamed request body, with numbers for waiters.
@Suite struct UploadStateTests {
    @Test func bytesGoThroughInOrder() {
        var state = UploadState<Int>(length: nil, capacity: 100)
        #expect(state.append([1, 2, 3]).isTaken)
        #expect(state.take(2).portion == .bytes([1, 2]))
        #expect(state.append([4]).isTaken)
        #expect(state.take(9).portion == .bytes([3, 4]))
        #expect(state.finish().isComplete)
        #expect(state.take(9).portion == .end)
    }

    @Test func theLoopPausesWithoutBytesAndGoesOnWithThem() {
        var state = UploadState<Int>(length: nil, capacity: 100)
        #expect(state.take(1).portion == .paused)
        #expect(state.isPaused)
        #expect(!state.append([]).action.continuesTransfer)
        #expect(state.append([1]).action.continuesTransfer)
        #expect(!state.isPaused)
        #expect(!state.append([2]).action.continuesTransfer)
        #expect(state.take(9).portion == .bytes([1, 2]))
        #expect(state.take(9).portion == .paused)
        #expect(state.finish().action.continuesTransfer)
    }

    @Test func theMakerWaitsForRoom() {
        var state = UploadState<Int>(length: nil, capacity: 2)
        #expect(state.awaitRoom(1).resume?.wantsMore == true)
        _ = state.append([1, 2, 3])
        #expect(state.awaitRoom(2).resume == nil)
        #expect(state.take(1).action.resume == nil)
        let action = state.take(1).action
        #expect(action.resume?.waiter == 2)
        #expect(action.resume?.wantsMore == true)
    }

    @Test func theAnnouncedLengthMustBeMet() {
        var short = UploadState<Int>(length: 3, capacity: 9)
        _ = short.append([1, 2])
        #expect(!short.finish().isComplete)
        var long = UploadState<Int>(length: 1, capacity: 9)
        #expect(!long.append([1, 2]).isTaken)
        var exact = UploadState<Int>(length: 2, capacity: 9)
        _ = exact.append([1, 2])
        #expect(exact.finish().isComplete)
    }

    @Test func breakingOffWakesTheMaker() {
        var state = UploadState<Int>(length: nil, capacity: 1)
        _ = state.append([1])
        _ = state.awaitRoom(1)
        let action = state.breakOff()
        #expect(action.resume?.waiter == 1)
        #expect(action.resume?.wantsMore == false)
        #expect(state.take(1).portion == .broken)
        #expect(!state.append([2]).isTaken)
        #expect(state.awaitRoom(2).resume?.wantsMore == false)
    }
}
