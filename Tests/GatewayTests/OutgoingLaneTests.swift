import JSON
import KafkaClient
import PlatformAPI
import Testing

@testable import Gateway

@Suite struct OutgoingLaneTests {
    private let now = ContinuousClock.now
    private var lane = OutgoingLane(callsAtOnce: 3)

    // Outside of the macro, which cannot call mutating functions.
    private func expect(
        _ items: [OutgoingItem], _ offsets: [Int64], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(items.map(\.offset) == offsets, sourceLocation: sourceLocation)
    }

    private func offsets(_ items: [OutgoingItem]) -> [Int64] { items.map(\.offset) }

    @Test mutating func aChatHasOneCallAtATime() {
        for offset in Int64(0)..<3 { lane.add(item(offset, chat: 1)) }
        let first = lane.start(now: now).items
        #expect(offsets(first) == [0])
        expect(lane.start(now: now).items, [])
        lane.finish(first[0])
        expect(lane.start(now: now).items, [1])
        #expect(lane.count == 2)
    }

    @Test mutating func chatsGoSideBySideUpToTheLimitOldestFirst() {
        for offset in Int64(0)..<5 { lane.add(item(offset, chat: 100 - offset)) }
        let first = lane.start(now: now).items
        #expect(offsets(first) == [0, 1, 2])
        lane.finish(first[1])
        expect(lane.start(now: now).items, [3])
    }

    @Test mutating func withoutAnswersThereIsOneCallAtATime() {
        for offset in Int64(0)..<9 { lane.add(item(offset, chat: offset)) }
        let first = lane.start(now: now).items
        #expect(offsets(first) == [0, 1, 2])
        lane.note(isAnswered: false)
        lane.finish(first[0])
        expect(lane.start(now: now).items, [])
        for item in first.dropFirst() {
            lane.note(isAnswered: false)
            lane.finish(item)
        }
        let next = lane.start(now: now).items
        #expect(offsets(next) == [3])
        lane.note(isAnswered: true)
        lane.finish(next[0])
        expect(lane.start(now: now).items, [4, 5, 6])
    }

    @Test mutating func aFloodPausesItsChatOnly() {
        for offset in Int64(0)..<4 { lane.add(item(offset, chat: offset % 2)) }
        let first = lane.start(now: now).items
        lane.retry(first[0], after: .seconds(5), isFlood: true, now: now)
        lane.finish(first[1])
        let (second, wakeAt) = lane.start(now: now)
        #expect(offsets(second) == [3])
        #expect(wakeAt == now + .seconds(5))
        lane.finish(second[0])
        let again = lane.start(now: now + .seconds(5)).items
        #expect(offsets(again) == [0])
        #expect(again.first?.attempts == 2)
        lane.finish(again[0])
        expect(lane.start(now: now + .seconds(5)).items, [2])
    }

    @Test mutating func aSecondFloodedChatPausesTheBot() {
        for offset in Int64(0)..<4 { lane.add(item(offset, chat: offset)) }
        let first = lane.start(now: now).items
        // The first chat's is long: one chat alone does not stop the bot for hours.
        lane.retry(first[0], after: .seconds(900), isFlood: true, now: now)
        lane.retry(first[1], after: .seconds(3), isFlood: true, now: now)
        let (items, wakeAt) = lane.start(now: now + .seconds(1))
        #expect(items.isEmpty)
        #expect(wakeAt == now + .seconds(3))
        expect(lane.start(now: now + .seconds(3)).items, [1, 3])
    }

    @Test mutating func anAnswerNeverWaitsForABroadcast() {
        for offset in Int64(0)..<100 { lane.add(item(offset, chat: offset, priority: .broadcast)) }
        // One call of three is kept free.
        let first = lane.start(now: now).items
        #expect(offsets(first) == [0])
        lane.add(item(100, chat: 0))
        lane.add(item(101, chat: 1))
        // The same chat, whose broadcast is under way.
        let answers = lane.start(now: now).items
        #expect(offsets(answers) == [100, 101])
        for item in first + answers { lane.finish(item) }
        expect(lane.start(now: now).items, [1])
    }

    @Test mutating func aBroadcastKeepsToItsLimit() {
        for offset in Int64(0)..<100 { lane.add(item(offset, chat: offset, priority: .broadcast)) }
        var sent = 0
        var (items, wakeAt) = lane.start(now: now)
        while let item = items.first {
            sent += 1
            lane.finish(item)
            (items, wakeAt) = lane.start(now: now)
        }
        #expect(sent == 30)
        #expect(wakeAt == now + .milliseconds(1020))
    }

    @Test mutating func aChatKeepsToItsLimit() {
        for offset in Int64(0)..<5 { lane.add(item(offset, chat: 7)) }
        for offset in Int64(0)..<3 {
            let items = lane.start(now: now).items
            #expect(offsets(items) == [offset])
            lane.finish(items[0])
        }
        let (items, wakeAt) = lane.start(now: now)
        #expect(items.isEmpty)
        #expect(wakeAt == now + .milliseconds(1050))
    }

    @Test mutating func faultsDoNotCountAsFloods() {
        for offset in Int64(0)..<4 { lane.add(item(offset, chat: offset)) }
        for item in lane.start(now: now).items { lane.retry(item, after: .seconds(9), isFlood: false, now: now) }
        expect(lane.start(now: now).items, [3])
    }

    @Test mutating func aMigratedGroupKeepsItsOrder() throws {
        lane.add(item(0, chat: -5))
        lane.add(item(1, chat: -5))
        lane.add(item(2, chat: -1005))
        let first = lane.start(now: now).items
        #expect(offsets(first) == [0, 2])
        lane.migrate(first[0], to: -1005)
        lane.add(item(3, chat: -5))
        // The supergroup has a call under way.
        expect(lane.start(now: now).items, [])
        lane.finish(first[1])
        var sent: [Int64] = []
        while let next = lane.start(now: now).items.first {
            #expect(next.envelope?.params["chat_id"] == -1005)
            #expect(next.wasRewritten)
            sent.append(next.offset)
            lane.finish(next)
        }
        #expect(sent == [0, 1])
        // The limit holds in the supergroup, the message that was there before counted.
        let last = lane.start(now: now + .milliseconds(1050)).items
        #expect(offsets(last) == [3])
        lane.finish(last[0])
        #expect(lane.count == 0)
    }

    @Test mutating func aRefusedTokenStopsAllUntilThereIsAnother() throws {
        for offset in Int64(0)..<4 { lane.add(item(offset, chat: offset % 2)) }
        let first = lane.start(now: now).items
        lane.pauseBot(first[0], token: "old", for: .seconds(60), now: now)
        lane.pauseBot(first[1], token: "old", for: .seconds(60), now: now)
        #expect(lane.refusedToken == "old")
        let (items, wakeAt) = lane.start(now: now + .seconds(59))
        #expect(items.isEmpty)
        #expect(wakeAt == now + .seconds(60))
        lane.resumeBot()
        let again = lane.start(now: now + .seconds(59)).items
        #expect(offsets(again) == [0, 1])
        // Its age begins anew: the wait was not the Bot API's doing.
        #expect(again.first?.firstTry == now + .seconds(59))
    }

    @Test mutating func droppingLeavesWhatIsUnderWay() {
        for offset in Int64(0)..<4 { lane.add(item(offset, chat: offset % 2)) }
        let first = lane.start(now: now).items
        lane.drop()
        #expect(lane.count == 2)
        expect(lane.start(now: now).items, [])
        // It comes back while a call of the same chat still runs.
        lane.add(item(2, chat: 0))
        expect(lane.start(now: now).items, [])
        lane.finish(first[0])
        expect(lane.start(now: now).items, [2])
        lane.finish(first[1])
        lane.finish(first[1])
        #expect(lane.count == 1)
    }

    @Test func ordersByWhatACallIsAbout() throws {
        func order(_ method: String, _ params: JSONValue) -> OutgoingOrder {
            OutgoingOrder(OutgoingEnvelope(method: method, params: params))
        }
        #expect(order("sendMessage", ["chat_id": 5]) == order("editMessageText", ["chat_id": "5"]))
        #expect(order("sendMessage", ["chat_id": "@a"]) == .chat("@a"))
        #expect(
            order("editMessageText", ["inline_message_id": "x"])
                != order("editMessageText", ["inline_message_id": "y"]))
        #expect(order("setMyCommands", ["commands": []]) == .method("setmycommands"))
        #expect(
            order("answerCallbackQuery", ["callback_query_id": "1"])
                != order("answerCallbackQuery", ["callback_query_id": "2"]))
    }
}

/// A record with a message to a chat.
func item(_ offset: Int64, chat: Int64, priority: OutgoingEnvelope.Priority = .interactive) -> OutgoingItem {
    item(
        #"{"method":"sendMessage","params":{"chat_id":\#(chat),"text":"\#(offset)"},"priority":"\#(priority.rawValue)"}"#,
        offset: offset)
}

func item(_ value: String?, offset: Int64 = 0) -> OutgoingItem {
    OutgoingItem(
        KafkaMessage(
            topic: "bot_42_outgoing", partition: 0, offset: offset, key: nil, value: value.map { Array($0.utf8) },
            timestamp: -1))
}
