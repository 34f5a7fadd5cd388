import KafkaClient
import PlatformAPI
import Testing

@testable import Gateway

@Suite struct PollStateTests {
    private static let topic = "bot_5_incoming"
    private var state = PollState()

    private func partition(_ number: Int32) -> TopicPartition { TopicPartition(topic: Self.topic, partition: number) }

    private func record(_ id: Int64, at offset: Int64, in number: Int32 = 0, value: String? = nil) -> KafkaMessage {
        let value = value ?? #"{"bot_id":"bot_5","update":{"update_id":\#(id)}}"#
        return KafkaMessage(
            topic: Self.topic, partition: number, offset: offset, key: nil, value: Array(value.utf8), timestamp: 0)
    }

    private mutating func give(_ limit: Int = 100) -> [String] {
        state.give(limit: limit).map { String(decoding: $0, as: UTF8.self) }
    }

    private func updates(_ ids: Int64...) -> [String] { ids.map { #"{"update_id":\#($0)}"# } }

    private mutating func admit(_ records: KafkaMessage...) -> Int { state.admit(records) }

    // Outside of the macro, which cannot call mutating functions.
    private mutating func expect(_ ids: Int64..., limit: Int = 100, sourceLocation: SourceLocation = #_sourceLocation) {
        let given = give(limit)
        #expect(given == ids.map { #"{"update_id":\#($0)}"# }, sourceLocation: sourceLocation)
    }

    @Test mutating func whatIsNotConfirmedIsGivenAgain() {
        _ = admit(record(1, at: 10), record(2, at: 11), record(3, at: 12))
        expect(1, 2, limit: 2)
        expect(1, 2, 3)
        #expect(state.committable == [partition(0): 10])
        state.confirm(below: 3)
        #expect(state.committable == [partition(0): 12])
        state.didCommit(state.committable)
        #expect(state.committable.isEmpty)
        expect(3)
        state.confirm(below: 4)
        #expect(state.committable == [partition(0): 13])
        #expect(state.count == 0)
    }

    @Test mutating func anUpdateThatComesLateIsNotTakenForConfirmed() {
        _ = admit(record(105, at: 0, in: 0))
        expect(105)
        // Of another partition, read after the bot has seen 105.
        _ = admit(record(103, at: 0, in: 1))
        state.confirm(below: 106)
        #expect(state.committable == [partition(0): 1, partition(1): 0])
        expect(103)
        // The bot's offset goes back with it.
        state.confirm(below: 104)
        #expect(state.committable == [partition(0): 1, partition(1): 1])
    }

    @Test mutating func answersAreInTheOrderOfNumbers() {
        _ = admit(record(4, at: 0, in: 1), record(6, at: 1, in: 1), record(3, at: 0), record(5, at: 1))
        expect(3, 4, 5, 6)
        #expect(state.room == 96)
    }

    /// Else an offset behind the highest would confirm what has the higher number and has not been looked at.
    @Test mutating func numbersThatBeginAnewWaitForThoseBefore() {
        _ = admit(record(900, at: 0), record(901, at: 1), record(20, at: 2), record(950, at: 0, in: 1))
        expect(900, 901, 950)
        state.confirm(below: 951)
        #expect(state.committable == [partition(0): 2, partition(1): 1])
        expect(20)
        state.confirm(below: 21)
        #expect(state.committable == [partition(0): 3, partition(1): 1])
    }

    @Test mutating func aConfirmationReachesOnlyToTheFirstGapOfAPartition() {
        _ = admit(record(7, at: 0, in: 0), record(9, at: 1, in: 0), record(8, at: 0, in: 1))
        expect(7, 9, limit: 2)
        expect(7, 8, 9)
        state.confirm(below: 9)
        #expect(state.committable == [partition(0): 1, partition(1): 1])
    }

    @Test mutating func whatIsNoUpdateIsPassedOver() {
        let malformed = admit(
            record(0, at: 0, value: "hello"), record(0, at: 1, value: #"{"update":5}"#),
            record(0, at: 2, value: #"{"update":{}}"#), record(4, at: 3))
        #expect(malformed == 3)
        #expect(state.committable == [partition(0): 3])
        expect(4)
    }

    @Test mutating func theNewestAreKept() {
        for number in Int64(0)..<5 { _ = admit(record(number, at: number)) }
        state.keep(newest: 2)
        #expect(state.committable == [partition(0): 3])
        expect(3, 4)
        #expect(!state.isBehind([partition(0): 5]))
        #expect(state.isBehind([partition(0): 6]))
        #expect(state.isBehind([partition(1): 1]))
    }

    @Test func theUpdateIsTakenOutByteForByte() throws {
        let update = #"{ "message":{"text":"\u00e9 \"update\":"}, "update_id" : 5 }"#
        let message = record(0, at: 0, value: #"{"bot_name":"x","bot_id":"bot_5","update":\#(update)}"#)
        let found = try #require(TopicUpdate(message))
        #expect(found.id == 5)
        #expect(found.json == Array(update.utf8))
    }
}
