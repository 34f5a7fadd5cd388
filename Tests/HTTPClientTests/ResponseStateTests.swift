import HTTPTypes
import Testing

@testable import HTTPClient

/// The state machine of an answer, with numbers for waiters.
@Suite struct ResponseStateTests {
    private let head = ResponseHead(version: "1.1", status: .ok)
    private let tooLarge = HTTPClientError(.bodyTooLarge, "too large")
    private let lost = HTTPClientError(.connectionLost, "lost")

    private func delivered(_ action: ResponseState<Int>.Action) -> ResponseEvent? {
        guard case .success(let event) = action.resume?.result else { return nil }
        return event
    }

    private func failure(_ action: ResponseState<Int>.Action) -> HTTPClientError? {
        guard case .failure(let error) = action.resume?.result else { return nil }
        return error
    }

    private func action(_ reception: ResponseState<Int>.Reception) -> ResponseState<Int>.Action? {
        guard case .taken(let action) = reception else { return nil }
        return action
    }

    @Test func wholeAnswersComeAtTheEnd() throws {
        var state = ResponseState<Int>(.whole(limit: 10))
        #expect(state.awaitNext(1).resume == nil)
        #expect(try #require(action(state.receive(head, announced: 5, tooLarge: tooLarge))).resume == nil)
        #expect(try #require(action(state.receive([1, 2], tooLarge: tooLarge))).resume == nil)
        #expect(try #require(action(state.receive([3], tooLarge: tooLarge))).resume == nil)
        let last = state.finish(nil)
        #expect(last.resume?.waiter == 1)
        #expect(delivered(last) == .whole(head, [1, 2, 3]))
    }

    @Test func theLimitHoldsForWhatIsAnnouncedAndForWhatComes() {
        var announced = ResponseState<Int>(.whole(limit: 3))
        _ = announced.beginSending(canRepeat: false, lost: lost)
        _ = announced.awaitNext(1)
        guard case .refused(let action) = announced.receive(head, announced: 4, tooLarge: tooLarge) else {
            Issue.record("an announced length above the limit was taken")
            return
        }
        #expect(failure(action)?.code == .bodyTooLarge)
        #expect(failure(action)?.requestWasSent == true)

        var unannounced = ResponseState<Int>(.whole(limit: 3))
        _ = unannounced.receive(head, announced: nil, tooLarge: tooLarge)
        _ = unannounced.receive([1, 2, 3], tooLarge: tooLarge)
        guard case .refused = unannounced.receive([4], tooLarge: tooLarge) else {
            Issue.record("a body above the limit was taken")
            return
        }
        #expect(failure(unannounced.awaitNext(2))?.code == .bodyTooLarge)
    }

    @Test func streamsPauseWhenTheReaderIsSlowAndGoOnWhenItReads() throws {
        var state = ResponseState<Int>(.streamed(capacity: 3))
        _ = state.receive(head, announced: 100, tooLarge: tooLarge)
        #expect(delivered(state.awaitNext(1)) == .head(head))
        // A first chunk may be larger than the capacity; behind it there is no room.
        #expect(action(state.receive([1, 2, 3, 4], tooLarge: tooLarge)) != nil)
        guard case .paused = state.receive([5], tooLarge: tooLarge) else {
            Issue.record("a chunk was taken without room for it")
            return
        }
        #expect(state.isPaused)
        let read = state.awaitNext(2)
        #expect(delivered(read) == .chunk([1, 2, 3, 4]))
        #expect(read.continuesTransfer)
        #expect(!state.isPaused)
        #expect(state.awaitNext(3).resume == nil)
        let direct = try #require(action(state.receive([5], tooLarge: tooLarge)))
        #expect(delivered(direct) == .chunk([5]))
        #expect(!direct.continuesTransfer)
        #expect(state.finish(nil).resume == nil)
        #expect(delivered(state.awaitNext(4)) == .end)
        #expect(delivered(state.awaitNext(5)) == .end)
    }

    @Test func whatCameBeforeAFailureIsStillRead() {
        var state = ResponseState<Int>(.streamed(capacity: 10))
        _ = state.receive(head, announced: nil, tooLarge: tooLarge)
        _ = state.receive([1], tooLarge: tooLarge)
        _ = state.finish(lost)
        #expect(delivered(state.awaitNext(1)) == .head(head))
        #expect(delivered(state.awaitNext(2)) == .chunk([1]))
        #expect(failure(state.awaitNext(3))?.code == .connectionLost)
    }

    @Test func cancellingWakesTheWaiterAndForgetsTheRest() {
        var state = ResponseState<Int>(.streamed(capacity: 10))
        _ = state.receive(head, announced: nil, tooLarge: tooLarge)
        _ = state.awaitNext(1)
        _ = state.receive([1], tooLarge: tooLarge)
        let action = state.cancel(HTTPClientError(.cancelled, "cancelled"))
        #expect(action.removesTransfer)
        #expect(failure(state.awaitNext(2))?.code == .cancelled)
        #expect(!state.cancel(lost).removesTransfer)
        guard case .refused = state.receive([2], tooLarge: tooLarge) else {
            Issue.record("bytes were taken behind the end")
            return
        }
    }

    @Test func nothingIsSentBehindACancellation() {
        var state = ResponseState<Int>(.whole(limit: 1))
        _ = state.cancel(HTTPClientError(.cancelled, "cancelled"))
        #expect(!state.beginSending(canRepeat: true, lost: lost).isAllowed)
        #expect(failure(state.awaitNext(1))?.requestWasSent == false)
    }

    @Test(arguments: [true, false]) func aSecondSendingNeedsPermission(_ canRepeat: Bool) {
        var state = ResponseState<Int>(.whole(limit: 1))
        _ = state.awaitNext(1)
        #expect(state.beginSending(canRepeat: canRepeat, lost: lost).isAllowed)
        let (isAllowed, action) = state.beginSending(canRepeat: canRepeat, lost: lost)
        #expect(isAllowed == canRepeat)
        #expect(failure(action)?.requestWasSent == (canRepeat ? nil : true))
        #expect(state.wasSent)
    }

    @Test func anEndWithoutAHeadIsAnError() {
        var state = ResponseState<Int>(.whole(limit: 1))
        _ = state.awaitNext(1)
        #expect(failure(state.finish(nil))?.code == .invalidResponse)
    }

    @Test func twoReadersAreAMistake() {
        var state = ResponseState<Int>(.streamed(capacity: 1))
        _ = state.awaitNext(1)
        let second = state.awaitNext(2)
        #expect(second.resume?.waiter == 2)
        #expect(failure(second)?.code == .other)
        #expect(state.finish(lost).resume?.waiter == 1)
    }
}
