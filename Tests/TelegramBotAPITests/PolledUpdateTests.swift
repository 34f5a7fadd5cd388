import Testing

@testable import TelegramBotAPI

@Suite struct PolledUpdateTests {
    private func all(_ elements: [String], from offset: Int64? = nil) throws -> [PolledUpdate] {
        try PolledUpdate.all(
            of: Array(#"{"ok":true,"result":[\#(elements.joined(separator: ",\n"))]}"#.utf8), askedFrom: offset)
    }

    private static let deep =
        #"{"update_id": 7,"x":"# + String(repeating: "[", count: 300) + String(repeating: "]", count: 300) + "}"

    @Test func eachIsAsTelegramWroteIt() throws {
        let texts = [#"{"update_id":5,"message":{"chat":{"id":9}}}"#, #"{ "update_id" : 6 , "poll":{} }"#]
        let updates = try all(texts)
        #expect(updates.map(\.bytes) == texts.map { Array($0.utf8) })
        #expect(updates.map(\.id) == [5, 6])
        #expect(updates.map { $0.fields?.chatID } == [9, nil])
        #expect(try all([]).isEmpty)
    }

    @Test func whatIsNoUpdateDoesNotHideTheOthers() throws {
        let good = #"{"update_id":6,"message":{"chat":{"id":9}}}"#
        let updates = try all([good, Self.deep, #"{"update_id":8,"poll":{}}"#])
        #expect(updates.map(\.id) == [6, 7, 8])
        #expect(updates.map { $0.fields == nil } == [false, true, false])
    }

    /// Wherever its number is, asking again and again gets past it in the end.
    @Test func oneWithoutANumberIsGotPast() throws {
        #expect(try all([#"{"update_id":6,"poll":{}}"#, "{}"]).map(\.id) == [6, 7])
        #expect(try all(["{}"], from: 12).map(\.id) == [12])
        #expect(try all([#"{"update_id":"9"}"#]).map(\.id) == [0])
    }

    @Test func anAnswerThatIsNoListIsAnError() {
        for text in ["", "{}", #"{"result":{}}"#, #"{"result":[1]}"#, #"{"result":[{"#] {
            #expect(throws: UpdateScanError.self) { try PolledUpdate.all(of: Array(text.utf8), askedFrom: nil) }
        }
    }
}
