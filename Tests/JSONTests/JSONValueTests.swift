import Foundation
import JSON
import Testing

@Suite struct JSONValueTests {
    private func decode(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    @Test func everyKindDecodes() throws {
        let value = try decode(
            #"{"n":null,"t":true,"f":false,"i":-7,"d":1.5,"s":"x","a":[1,null,"y",[]],"o":{"k":{}}}"#)
        #expect(
            value
                == [
                    "n": nil, "t": true, "f": false, "i": -7, "d": .double(1.5), "s": "x", "a": [1, nil, "y", []],
                    "o": ["k": [:]],
                ])
    }

    @Test func numbersKeepTheirKind() throws {
        #expect(try decode("9223372036854775807") == .int(.max))
        #expect(try decode("-9223372036854775808") == .int(.min))
        #expect(try decode("18446744073709551616") == .double(18_446_744_073_709_551_616))
        #expect(try decode("1e3") == .int(1000) || decode("1e3") == .double(1000))
        #expect(try decode("0.1") == .double(0.1))
        #expect(try decode("0") == .int(0), "not false")
        #expect(try decode("1") == .int(1), "not true")
        #expect(try decode("true") == .bool(true), "not 1")
    }

    @Test func textThatLooksLikeSomethingElseStaysText() throws {
        #expect(try decode(#"["1","true","null",""]"#) == ["1", "true", "null", ""])
    }

    @Test(arguments: ["", "{", "[1", "nul", #"{"a" 1}"#, "1 2"])
    func whatIsNoJSONThrows(text: String) {
        #expect(throws: (any Error).self) { try decode(text) }
    }

    @Test func encodingComesBack() throws {
        let value: JSONValue = [
            "n": nil, "b": [true, false], "i": 42, "d": .double(-0.25), "s": "q\"\u{1}é", "o": ["a": [:], "b": []],
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let data = try encoder.encode(value)
        #expect(try JSONDecoder().decode(JSONValue.self, from: data) == value)
        let small: JSONValue = ["b": 1, "a": [true, nil]]
        #expect(String(decoding: try encoder.encode(small), as: UTF8.self) == #"{"a":[true,null],"b":1}"#)
    }

    @Test func accessorsAnswerOnlyForTheirKind() {
        let value: JSONValue = ["s": "x", "i": 1, "b": true, "a": [1], "o": ["k": "v"]]
        #expect(value["s"]?.stringValue == "x")
        #expect(value["s"]?.intValue == nil)
        #expect(value["i"]?.intValue == 1)
        #expect(value["i"]?.boolValue == nil)
        #expect(value["b"]?.boolValue == true)
        #expect(value["a"]?.arrayValue == [1])
        #expect(value["o"]?.objectValue == ["k": "v"])
        #expect(value["o"]?["k"]?.stringValue == "v")
        #expect(value["nothing"] == nil)
        #expect(value["s"]?["k"] == nil)
        #expect(JSONValue.null["k"] == nil)
    }

    @Test func theLastOfEqualNamesCounts() {
        let value = JSONValue(dictionaryLiteral: ("a", 1), ("a", 2))
        #expect(value["a"] == 2)
    }

    @Test func deepNestingDecodes() throws {
        let text = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        var value = try decode(text)
        var depth = 0
        while case .array(let items) = value {
            depth += 1
            guard let first = items.first else { break }
            value = first
        }
        #expect(depth == 200)
    }
}
