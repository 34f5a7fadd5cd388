import Foundation
import JSON
import Testing

@testable import PlatformAPI

@Suite struct EnvelopeTests {
    private let botID = BotID(number: 42)

    @Test func incomingEnvelopeHoldsTheUpdateByteForByte() throws {
        let update = #"{ "update_id":1, "x":1.50,"text":"\u00e4 \/ ü" }"#
        let bytes = IncomingEnvelope.encode(botID: botID, update: Array(update.utf8))
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"bot_id":"bot_42","update":"# + update + "}")
        let decoded = try JSONDecoder().decode(IncomingEnvelope.Decoded<JSONValue>.self, from: Data(bytes))
        #expect(decoded.botID == "bot_42")
        #expect(decoded.update["text"] == "ä / ü")
    }

    @Test func outgoingEnvelopeIsWhatWorkersWrite() throws {
        let text = #"{"method":"sendMessage","params":{"chat_id":5,"text":"Hi"},"request_id":"r","bot_token":"1:a"}"#
        let envelope = try JSONDecoder().decode(OutgoingEnvelope.self, from: Data(text.utf8))
        #expect(envelope.method == "sendMessage")
        #expect(envelope.params == ["chat_id": 5, "text": "Hi"])
        #expect(envelope.requestID == "r")
        #expect(envelope.botToken == "1:a")
    }

    @Test func outgoingEnvelopeNeedsNoMoreThanMethodAndParameters() throws {
        let envelope = OutgoingEnvelope(method: "getMe", params: [:])
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(envelope), as: UTF8.self)
        #expect(text == #"{"method":"getMe","params":{}}"#)
        #expect(try JSONDecoder().decode(OutgoingEnvelope.self, from: Data(text.utf8)) == envelope)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(OutgoingEnvelope.self, from: Data(#"{"params":{}}"#.utf8))
        }
    }

    @Test func depthOfACallIsCountedOutsideOfStrings() {
        func call(_ levels: Int) -> [UInt8] {
            let open = String(repeating: "[", count: levels - 2)
            let close = String(repeating: "]", count: levels - 2)
            return Array(#"{"method":"getMe","params":{"x":\#(open)1\#(close)}}"#.utf8)
        }
        #expect(OutgoingEnvelope.isShallow(call(64)))
        #expect(!OutgoingEnvelope.isShallow(call(65)))
        #expect(!OutgoingEnvelope.isShallow([UInt8](repeating: UInt8(ascii: "["), count: 100_000)))
        let brackets = String(repeating: "[{", count: 100)
        #expect(OutgoingEnvelope.isShallow(Array(#"{"params":{"text":"\"\#(brackets)\\"}}"#.utf8)))
        #expect(!OutgoingEnvelope.isShallow(Array(#"{"params":{"text":"\\"},"x":\#(brackets)}"#.utf8)))
        #expect(OutgoingEnvelope.isShallow(Array(String(repeating: #"{"a":[]}"#, count: 100).utf8)))
    }

    @Test func deadLetterReadsBackAndKeepsTheRecordsBytes() throws {
        let letter = DeadLetter(
            direction: "outgoing", botID: botID, reason: "forbidden", description: "bot was blocked", errorCode: 403,
            method: "sendMessage", requestID: "r", attempts: 2, failedAt: "2024-01-01T00:00:00Z",
            record: Data([0xff, 0x00]))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = try encoder.encode(letter)
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                {"attempts":2,"bot_id":"bot_42","description":"bot was blocked","direction":"outgoing","error_code":403,\
                "failed_at":"2024-01-01T00:00:00Z","method":"sendMessage","reason":"forbidden","record":"/wA=",\
                "request_id":"r"}
                """)
        #expect(try JSONDecoder().decode(DeadLetter.self, from: bytes) == letter)
    }
}
