import Testing

@testable import KubernetesClient

@Suite struct FramingTests {
    private func lines(_ text: String, cutAt cuts: [Int]) throws -> [String] {
        var framing = WatchFraming()
        var rest = Array(text.utf8)[...]
        var lines: [[UInt8]] = []
        for cut in cuts {
            lines += try framing.append(Array(rest.prefix(cut)))
            rest = rest.dropFirst(cut)
        }
        lines += try framing.append(Array(rest))
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func linesAreTheSameHoweverTheyAreCut() throws {
        let text = "one\n\ntwo é\nthree\n"
        for first in 0...text.utf8.count {
            for second in 0...4 {
                #expect(try lines(text, cutAt: [first, second]) == ["one", "two é", "three"])
            }
        }
    }

    @Test func holdsWhatHasNoEnd() throws {
        var framing = WatchFraming()
        #expect(try framing.append(Array("a\nb".utf8)) == [Array("a".utf8)])
        #expect(framing.holdsPartialLine)
        #expect(try framing.append(Array("\n".utf8)) == [Array("b".utf8)])
        #expect(!framing.holdsPartialLine)
    }

    @Test func boundsALine() throws {
        var framing = WatchFraming(limit: 10)
        #expect(try framing.append(Array("0123456789".utf8)) == [])
        #expect(throws: KubernetesError.self) { try framing.append([65]) }
    }

    @Test func slicesJSON() throws {
        let text = #" { "a" : "x\"}" , "b":[1, {"c":"]"} ,"é,",null,-1.5e3 ] ,"d":{"e":{}}, "f":true } "#
        let bytes = Array(text.utf8)
        let members = try JSONSlices.members(of: bytes, in: 0..<bytes.count)
        func slice(_ range: Range<Int>?) -> String { range.map { String(decoding: bytes[$0], as: UTF8.self) } ?? "" }
        #expect(slice(members["a"]) == #""x\"}""#)
        #expect(slice(members["d"]) == #"{"e":{}}"#)
        #expect(slice(members["f"]) == "true")
        let array = try #require(members["b"])
        #expect(
            try JSONSlices.elements(of: bytes, in: array).map(slice) == [
                "1", #"{"c":"]"}"#, #""é,""#, "null", "-1.5e3",
            ])
        let empty = Array("{} [] null".utf8)
        #expect(try JSONSlices.members(of: empty, in: 0..<2).isEmpty)
        #expect(try JSONSlices.elements(of: empty, in: 3..<5).isEmpty)
        #expect(try JSONSlices.elements(of: empty, in: 6..<10).isEmpty)
    }

    @Test(arguments: [
        "", "{", #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":"x"#, #"{"a":"\"#, "[", #"{"a":[1}"#, "{a]", "{,}",
    ])
    func brokenJSONIsRefused(text: String) {
        let bytes = Array(text.utf8)
        #expect(throws: KubernetesError.self) { try JSONSlices.members(of: bytes, in: 0..<bytes.count) }
    }

    @Test func readsEvents() throws {
        let event = try RawWatchEvent.parse(
            line: Array(#"{"object":{"metadata":{"resourceVersion":"3"}},"type":"DELETED"}"#.utf8))
        #expect(event?.kind == .deleted)
        #expect(try event?.resourceVersion() == "3")
        #expect(try RawWatchEvent.parse(line: Array(#"{"type":"NEW","object":{}}"#.utf8)) == nil)
        #expect(throws: KubernetesError.self) { try RawWatchEvent.parse(line: Array(#"{"type":"ADDED"}"#.utf8)) }
        #expect(throws: KubernetesError.self) { try RawWatchEvent.parse(line: Array("hello".utf8)) }
    }
}
