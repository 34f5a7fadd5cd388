import TelegramBotAPI
import TestRig
import Testing

@Suite struct RawUpdateTests {
    @Test func splitsAnAnswerByteForByte() throws {
        let updates = UpdateSample.all.enumerated().map { $1.json(updateID: Int64($0)) }
        let answer =
            Array(#"{"ok":true,"result":[ "#.utf8) + updates.joined(separator: Array(" ,\n".utf8)) + Array(" ]}".utf8)
        let split = try RawUpdate.split(answer: answer)
        #expect(
            split.map { String(decoding: $0.bytes, as: UTF8.self) }
                == updates.map { String(decoding: $0, as: UTF8.self) })
        #expect(split.map(\.fields.updateID) == (0..<Int64(updates.count)).map { $0 })
    }

    @Test func anEmptyAnswerHasNone() throws {
        #expect(try RawUpdate.split(answer: Array(#"{"result":[],"ok":true}"#.utf8)).isEmpty)
    }

    @Test(arguments: [
        "", "[]", #"{"ok":true}"#, #"{"ok":true,"result":{}}"#, #"{"ok":true,"result":[1]}"#,
        #"{"ok":true,"result":[{"update_id":1,}]}"#, #"{"ok":true,"result":[{"update_id":1}"#,
        #"{"ok":true,"result":[{"update_id":1},{&"a":5},},{"update_id":2}]}"#,
    ])
    func refusesOtherAnswers(_ text: String) {
        #expect(throws: UpdateScanError.self) { try RawUpdate.split(answer: Array(text.utf8)) }
    }

    @Test func refusesMoreThanAHundred() {
        let many = (0...100).map { #"{"update_id":\#($0)}"# }.joined(separator: ",")
        let error = #expect(throws: UpdateScanError.self) {
            try RawUpdate.split(answer: Array(#"{"ok":true,"result":[\#(many)]}"#.utf8))
        }
        #expect(error?.code == .tooMany)
    }

    @Test func randomDamageNeverCrashesIt() {
        var random = LinearRandom(state: 7)
        let original = Array(#"{"ok":true,"result":["#.utf8) + UpdateSample.all[0].json() + Array("]}".utf8)
        var refused = 0
        for _ in 0..<10_000 {
            var bytes = original
            let at = Int.random(in: bytes.indices, using: &random)
            if Bool.random(using: &random) {
                bytes[at] = .random(in: 0...255, using: &random)
            } else {
                bytes.removeSubrange(at...)
            }
            if (try? RawUpdate.split(answer: bytes)) == nil { refused += 1 }
        }
        #expect(refused > 0)
    }
}
