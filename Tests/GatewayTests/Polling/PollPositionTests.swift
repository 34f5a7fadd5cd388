import TelegramBotAPI
import Testing

@testable import Gateway

@Suite struct PollPositionTests {
    @Test func whatIsSafeIsConfirmedOnce() {
        var position = PollPosition()
        #expect(position.offset == nil)
        position.settled([5, 6, 7], safe: [5, 6, 7])
        #expect(position.offset == 8)
        position.confirmed(8)
        #expect(position.offset == nil, "numbers may begin anew, lower")
        position.settled([], safe: [])
        #expect(position.offset == nil)
    }

    @Test func nothingAboveWhatIsNotSafeIsConfirmed() {
        var position = PollPosition()
        position.settled([5, 6, 7, 8], safe: [5, 7, 8])
        #expect(position.offset == 6)
        position.confirmed(6)
        position.settled([6, 7, 8], safe: [7])
        #expect(position.offset == nil, "the first is not safe: all come again")
        position.settled([6, 7, 8], safe: [6, 7, 8])
        #expect(position.offset == 9)
    }

    @Test func anOffsetThatTelegramHasNotAnsweredIsKept() {
        var position = PollPosition()
        position.settled([5], safe: [5])
        position.confirmed(nil)
        #expect(position.offset == 6, "the call that was answered did not have it")
    }

    @Test func aChatsUpdatesStayTogetherInTheirOrder() {
        func update(_ id: Int64, chat: Int64) -> PolledUpdate {
            let text = #"{"update_id":\#(id),"message":{"chat":{"id":\#(chat)}}}"#
            let bytes = Array(text.utf8)
            return PolledUpdate(bytes: bytes, id: id, fields: try? UpdateFields.scan(bytes))
        }
        let batch = PollBatch([
            update(1, chat: 9), update(2, chat: 8), PolledUpdate(bytes: [], id: 3, fields: nil), update(4, chat: 9),
            update(5, chat: 8),
        ])
        #expect(batch.queues.map { $0.map(\.id) } == [[1, 4], [2, 5]])
        #expect(batch.unreadable.map(\.id) == [3])
    }

    @Test func withMoreBotsThanConnectionsCallsAreShorter() {
        func wait(_ bots: Int) -> Duration { PollPace.wait(.seconds(50), bots: bots, connections: 100) }
        #expect(wait(1) == .seconds(50) && wait(100) == .seconds(50))
        #expect(wait(200) == .seconds(25) && wait(1000) == .seconds(5))
        #expect(wait(1_000_000) == .seconds(1))
    }
}
