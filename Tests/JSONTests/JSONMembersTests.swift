import JSON
import Testing

@Suite struct JSONMembersTests {
    private func found(_ name: String, _ json: String) -> String? {
        JSONMembers.find(name, in: Array(json.utf8)[...]).map { String(decoding: $0, as: UTF8.self) }
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
        #expect(found("x", #"{"x":1,"x":3}"#) == "1")
    }

    @Test func whatBreaksOffIsNotFound() {
        for text in [#"{"x":"ab"#, #"{"x":[1,2"#, #"{"x":12"#] { #expect(found("x", text) == nil, "\(text)") }
        #expect(found("x", #"{"x":12,"y":"#) == "12")
    }

    @Test func elementsAreCounted() {
        func count(_ json: String) -> Int? { JSONMembers.count(Array(json.utf8)[...]) }
        #expect(count("[]") == 0)
        #expect(count(#"[1, "a,b]", {"c":[1,2]}]"#) == 3)
        #expect(count("{}") == nil)
        #expect(count("[1,2") == nil)
    }

    @Test func brokenTextDoesNotTrap() {
        for text in ["", "{", #"{"x"#, #"{"x":"#, #"{"x":"\"#, "]]]", "}"] { _ = found("x", text) }
    }
}
