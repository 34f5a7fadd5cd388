import JSON
import Testing

@Suite struct MemberScannerTests {
    private func found(_ name: String, _ json: String) -> String? {
        let bytes = Array(json.utf8)
        return MemberScanner.value(of: name, in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test func valuesOfEachTypeAreFound() {
        let json = #"{"a":1 , "b" : "x,\"}" ,"c":[1,{"d":2}],"d":null,"e":{}}"#
        #expect(found("a", json) == "1")
        #expect(found("b", json) == #""x,\"}""#)
        #expect(found("c", json) == #"[1,{"d":2}]"#)
        #expect(found("d", json) == "null")
        #expect(found("e", json) == "{}")
        #expect(found("f", json) == nil)
    }

    @Test func onlyNamesOfTheOutermostObjectCount() {
        #expect(found("x", #"{"a":"x","b":{"x":1},"c":["x"]}"#) == nil)
        #expect(found("x", #"{"a":{"x":1},"x":2}"#) == "2")
        #expect(found("x", #"{"x":1,"x":3}"#) == "3")
    }

    @Test func brokenTextDoesNotTrap() {
        for text in ["", "{", #"{"x"#, #"{"x":"#, #"{"x":"\"#, "]]]", "}"] { _ = found("x", text) }
    }
}
