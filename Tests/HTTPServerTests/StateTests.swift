import Testing

@testable import HTTPServer

@Suite struct ExchangeStateTests {
    @Test func anAnswerBeforeSuspensionIsJustTaken() {
        var state = ExchangeState()
        #expect(state.take()?.body == nil)
        #expect(state.answer(.text("a")) == .kept)
        #expect(state.take()?.body == Array("a".utf8))
        #expect(state.take()?.body == nil)
    }

    @Test func anAnswerDuringSuspensionResumesOnce() {
        var state = ExchangeState()
        #expect(state.suspended() == true)
        #expect(state.answer(.text("a")) == .keptForResumption)
        #expect(state.answer(.text("b")) == .dropped)
        #expect(state.take()?.body == Array("a".utf8))
        #expect(state.answer(.text("c")) == .dropped)
    }

    @Test func anAnswerThatCameJustBeforeSuspensionHasTheCallerResume() {
        var state = ExchangeState()
        #expect(state.answer(.text("a")) == .kept)
        #expect(state.suspended() == false)
        #expect(state.answer(.text("b")) == .dropped)
        #expect(state.take()?.body == Array("a".utf8))
    }

    @Test func closingDropsWhatComesLater() {
        var state = ExchangeState()
        #expect(state.close() == true)
        #expect(state.answer(.text("a")) == .dropped)
        #expect(state.take()?.body == nil)
        #expect(state.close() == false)
    }
}

@Suite struct StreamStateTests {
    private func read(_ state: inout StreamState, _ count: Int) -> (StreamState.Supply, [UInt8]) {
        var target = [UInt8](repeating: 0, count: count)
        let supply = target.withUnsafeMutableBytes { state.read(into: $0).0 }
        if case .bytes(let count) = supply { return (supply, Array(target[..<count])) }
        return (supply, [])
    }

    @Test func bytesComeInOrderAndThenTheEnd() {
        var state = StreamState()
        #expect(read(&state, 4).0 == .nothingYet)
        #expect(state.append([1, 2, 3]) == false)
        #expect(read(&state, 2) == (.bytes(2), [1, 2]))
        #expect(state.append([4]) == false)
        #expect(state.end() == false)
        #expect(read(&state, 4) == (.bytes(2), [3, 4]))
        #expect(read(&state, 4).0 == .end)
    }

    @Test func aSuspendedConnectionIsResumedByTheNextChunkOnly() {
        var state = StreamState()
        #expect(state.suspended() == true)
        #expect(state.append([1]) == true)
        #expect(state.append([2]) == false)
        #expect(state.suspended() == false)
    }

    @Test func aSuspendedConnectionIsResumedByTheEnd() {
        var state = StreamState()
        #expect(state.suspended() == true)
        #expect(state.append([]) == false)
        #expect(state.end() == true)
        #expect(state.suspended() == false)
    }

    @Test func cuttingWinsOverWhatIsLeft() {
        var state = StreamState()
        #expect(state.append([1]) == false)
        #expect(state.cut().0 == false)
        #expect(!state.isOpen)
        #expect(read(&state, 4).0 == .cut)
        #expect(state.append([2]) == false)
        var waiting = StreamState()
        #expect(waiting.suspended() == true)
        #expect(waiting.cut().0 == true)
    }

    @Test func theProducerWaitsForRoom() async {
        var state = StreamState()
        _ = state.append([UInt8](repeating: 0, count: StreamState.highWater))
        await withCheckedContinuation { continuation in
            let isParked = state.park(continuation)
            #expect(!isParked)
            continuation.resume()
        }
        _ = state.append([0])
        await withCheckedContinuation { continuation in
            let isParked = state.park(continuation)
            #expect(isParked)
            var target = [UInt8](repeating: 0, count: StreamState.highWater / 2)
            var producer = target.withUnsafeMutableBytes { state.read(into: $0).1 }
            #expect(producer == nil, "half is not yet sent")
            producer = target.withUnsafeMutableBytes { state.read(into: $0).1 }
            producer?.resume()
        }
    }
}
