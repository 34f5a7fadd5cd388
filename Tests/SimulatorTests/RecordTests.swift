@testable import Simulator
import JSON
import Testing

@Suite struct RecordTests {
    private func call(
        _ sequence: Int64, chat: Int64? = 1, method: String = "sendMessage", text: String = "x", ok: Bool = true
    ) -> RecordedCall {
        RecordedCall(
            sequence: sequence, time: 0, bot: 7, method: method, parameters: ["text": .string(text)], chatID: chat,
            messageID: nil, text: text, ok: ok, errorCode: nil, description: nil, viaWebhook: false)
    }

    @Test func isBoundedByCountAndBytesAndKeepsTheCounts() {
        var record = CallRecord(capacity: 10, maxBytes: 1 << 20)
        for _ in 0..<25 { _ = record.append { call($0) } }
        #expect(record.select(RecordFilter(), limit: 100).map(\.sequence) == Array(16...25))
        #expect(record.counts.values.map(\.succeeded) == [25])
        var small = CallRecord(capacity: 1000, maxBytes: 10_000)
        for _ in 0..<100 { _ = small.append { call($0, text: String(repeating: "a", count: 2000)) } }
        #expect(small.select(RecordFilter(), limit: 100).count < 5)
        #expect(small.lastSequence == 100)
    }

    @Test func filters() {
        var record = CallRecord(capacity: 100, maxBytes: 1 << 20)
        _ = record.append { call($0, chat: 1) }
        _ = record.append { call($0, chat: 2, method: "sendPhoto") }
        _ = record.append { call($0, chat: nil, method: "getMe") }
        _ = record.append { call($0, chat: 1, ok: false) }
        func found(_ filter: RecordFilter) -> [Int64] { record.select(filter, limit: 10).map(\.sequence) }
        #expect(found(RecordFilter()) == [1, 2])
        #expect(found(RecordFilter(sentOnly: false)) == [1, 2, 3, 4])
        #expect(found(RecordFilter(method: "SENDPHOTO")) == [2])
        #expect(found(RecordFilter(chatID: 1)) == [1])
        #expect(found(RecordFilter(after: 1)) == [2])
        #expect(found(RecordFilter(bot: 8)) == [])
    }

    @Test func waitsEndWhenEnoughHasCome() throws {
        var record = CallRecord(capacity: 100, maxBytes: 1 << 20)
        _ = record.append { call($0) }
        let waits = [record.wait(1, RecordFilter(), count: 1), record.wait(2, RecordFilter(), count: 3)]
        #expect(waits == [false, true], "one call is there already")
        var ended: [[UInt64]] = []
        for chat in [1, nil, 1] as [Int64?] { ended.append(record.append { call($0, chat: chat) }) }
        #expect(ended == [[], [], [2]], "what has no chat does not match")
        let waitsForMore = record.wait(3, RecordFilter(after: 100), count: 1)
        let cancelled = [record.cancelWait(2), record.cancelWait(3)]
        #expect(waitsForMore && cancelled == [false, true])
    }
}
