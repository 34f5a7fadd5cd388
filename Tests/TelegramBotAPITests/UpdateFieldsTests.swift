import Foundation
@testable import TelegramBotAPI
import TestRig
import Testing

@Suite struct UpdateFieldsTests {
    @Test func samplesCoverEveryKind() {
        #expect(Set(UpdateSample.all.map(\.kind)) == Set(UpdateKind.known))
    }

    @Test(arguments: UpdateSample.all)
    func readsEveryKind(_ sample: UpdateSample) throws {
        let fields = try UpdateFields.scan(sample.json())
        #expect(fields.updateID == 700_001)
        #expect(fields.kind == sample.kind)
        #expect(fields.chatID == sample.chatID)
        #expect(fields.userID == sample.userID)
        #expect(fields.queueKey == sample.chatID ?? sample.userID ?? 700_001)
    }

    @Test func anUpdateIDBehindTheContentIsFound() throws {
        let fields = try UpdateFields.scan(Array(#"{"message":{"chat":{"id":-3}},"update_id":12}"#.utf8))
        #expect(fields == UpdateFields.expected(12, .message, chat: -3, user: nil))
    }

    @Test func anUnknownKindIsReadAsFarAsItGoes() throws {
        let sample = try #require(UpdateSample.all.first)
        let fields = try UpdateFields.scan(sample.json(named: "message_from_the_future"))
        #expect(fields == UpdateFields.expected(700_001, .unknown, chat: 5001, user: 5001))
        let odd = try UpdateFields.scan(Array(#"{"update_id":1,"new_kind":{"some_field":1}}"#.utf8))
        #expect(odd == UpdateFields.expected(1, .unknown, chat: nil, user: nil))
    }

    @Test func aKnownKindIsPreferredToAStranger() throws {
        let text = #"{"update_id":1,"debug":{"chat":{"id":1}},"poll":{"id":"5"}}"#
        let fields = try UpdateFields.scan(Array(text.utf8))
        #expect(fields == UpdateFields.expected(1, .poll, chat: nil, user: nil))
    }

    @Test func callbacksWithoutAMessageBelongToTheirUser() throws {
        let text = #"{"update_id":2,"callback_query":{"id":"1","from":{"id":44},"message":null,"data":"x"}}"#
        #expect(try UpdateFields.scan(Array(text.utf8)).queueKey == 44)
    }

    @Test func idsOfTheFullRangeAreExact() throws {
        let text =
            #"{"update_id":9007199254740993,"message":{"chat":{"id":-9223372036854775808},"from":{"id":9223372036854775807}}}"#
        let fields = try UpdateFields.scan(Array(text.utf8))
        #expect(fields == UpdateFields.expected(9_007_199_254_740_993, .message, chat: .min, user: .max))
    }

    @Test(arguments: [
        ("", UpdateScanError.Code.notJSON), (" ", .notJSON), ("hello", .notJSON), ("{", .notJSON),
        (#"{"update_id":1} {"update_id":2}"#, .notJSON), (#"{"update_id":1,"message":{"a":[}]}}"#, .notJSON),
        (#"{"update_id":1,"message":{"a":tru}}"#, .notJSON), (#"{"update_id":01}"#, .notJSON),
        ("{\"update_id\":1,\"a\":\"\u{1}\"}", .notJSON), ("[]", .notAnObject), ("7", .notAnObject),
        ("null", .notAnObject), ("{}", .noUpdateID), (#"{"update_id":"1"}"#, .noUpdateID),
        (#"{"update_id":1.5}"#, .noUpdateID), (#"{"update_id":18446744073709551616}"#, .notJSON),
    ])
    func refusesWhatIsNoUpdate(_ text: String, _ code: UpdateScanError.Code) {
        let error = #expect(throws: UpdateScanError.self) { try UpdateFields.scan(Array(text.utf8)) }
        #expect(error?.code == code)
    }

    @Test func refusesBytesThatAreNotUTF8() {
        let bytes = Array(#"{"update_id":1,"message":{"text":""#.utf8) + [0xFF, 0xC0] + Array(#""}}"#.utf8)
        #expect(throws: UpdateScanError.self) { try UpdateFields.scan(bytes) }
    }

    @Test func refusesTooDeepNesting() {
        func nested(_ depth: Int) -> [UInt8] {
            let open = String(repeating: "[", count: depth)
            return Array(#"{"update_id":1,"message":\#(open)\#(String(repeating: "]", count: depth))}"#.utf8)
        }
        #expect((try? UpdateFields.scan(nested(200)))?.updateID == 1)
        for depth in [300, 200_000] {
            let error = #expect(throws: UpdateScanError.self) { try UpdateFields.scan(nested(depth)) }
            #expect(error?.code == .tooDeep)
        }
    }

    @Test func takesJustAsManyLevelsAsItSays() throws {
        func nested(_ levels: Int) -> [UInt8] {
            let arrays = levels - 1
            let open = String(repeating: "[", count: arrays)
            return Array(#"{"update_id":1,"x":\#(open)1\#(String(repeating: "]", count: arrays))}"#.utf8)
        }
        #expect(try UpdateFields.scan(nested(256)).updateID == 1)
        let error = #expect(throws: UpdateScanError.self) { try UpdateFields.scan(nested(257)) }
        #expect(error?.code == .tooDeep)
    }

    @Test func takesLargeUpdatesAndSmallOnesAfterThem() throws {
        let text = String(repeating: "é", count: 2 << 20)
        let large = #"{"update_id":3,"message":{"chat":{"id":4},"text":"\#(text)"}}"#
        #expect(try UpdateFields.scan(Array(large.utf8)).chatID == 4)
        for sample in UpdateSample.all { #expect(try UpdateFields.scan(sample.json()).kind == sample.kind) }
    }

    /// Cuts, flips and joins: whatever comes, the scanner answers and what it accepts is JSON to others as well.
    @Test func randomDamageNeverCrashesIt() throws {
        var random = LinearRandom(state: 42)
        let originals = UpdateSample.all.map { $0.json() } + UpdateSample.captured.map(\.bytes)
        var accepted = 0
        for round in 0..<20_000 {
            var bytes = originals[round % originals.count]
            for _ in 0...Int.random(in: 0...4, using: &random) {
                guard !bytes.isEmpty else { break }
                let at = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0...4, using: &random) {
                case 0: bytes[at] = .random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(at...)
                case 2: bytes.remove(at: at)
                case 3: bytes.insert(Array("{}[]\",:\\".utf8).randomElement(using: &random) ?? 0, at: at)
                default: bytes.insert(contentsOf: bytes[..<at], at: at)
                }
            }
            guard (try? UpdateFields.scan(bytes)) != nil else { continue }
            accepted += 1
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(bytes)) }
        }
        #expect(accepted > 0)
    }

    @Test func threadsDoNotDisturbEachOther() async {
        await withTaskGroup(of: Bool.self) { group in
            for offset in 0..<8 {
                group.addTask {
                    (0..<2000).allSatisfy { round in
                        let sample = UpdateSample.all[(round + offset) % UpdateSample.all.count]
                        let fields = try? UpdateFields.scan(sample.json(updateID: Int64(round)))
                        return fields?.kind == sample.kind && fields?.updateID == Int64(round)
                    }
                }
            }
            for await agreed in group { #expect(agreed) }
        }
    }

    @Test func capturedUpdatesPass() throws {
        for (name, bytes) in UpdateSample.captured {
            let fields = try UpdateFields.scan(bytes)
            let object = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any], "\(name)")
            let kind = object.keys.first { $0 != "update_id" }.flatMap(UpdateKind.init) ?? .unknown
            #expect(fields.kind == kind, "\(name)")
            #expect(object["update_id"] as? Int64 == fields.updateID, "\(name)")
            if kind != .poll && kind != .unknown {
                #expect(fields.chatID != nil || fields.userID != nil, "\(name) belongs to nobody")
            }
        }
    }
}

extension UpdateFields {
    /// What a test expects, in one line.
    static func expected(_ id: Int64, _ kind: UpdateKind, chat: Int64?, user: Int64?) -> UpdateFields {
        UpdateFields(updateID: id, kind: kind, chatID: chat, userID: user)
    }
}

/// A generator whose numbers are the same in every run.
struct LinearRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 33)
    }
}
