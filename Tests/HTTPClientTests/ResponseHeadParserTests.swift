import HTTPTypes
import Testing

@testable import HTTPClient

@Suite struct ResponseHeadParserTests {
    private func parse(_ lines: [String]) -> ResponseHeadParser.Step {
        var parser = ResponseHeadParser()
        var last = ResponseHeadParser.Step.incomplete
        for line in lines {
            last = parser.take(line: Array((line + "\r\n").utf8))
            if case .incomplete = last { continue }
            return last
        }
        return last
    }

    @Test func readsAHead() {
        let expected = ResponseHead(
            version: "1.1", status: .ok, headers: ["Content-Length": "12", "Empty": "", "X": "a: b"])
        #expect(
            parse(["HTTP/1.1 200 OK", "Content-Length:  12 ", "Empty:", "X: a: b", ""]) == .complete(expected))
        #expect(expected.contentLength == 12)
    }

    @Test(arguments: ["HTTP/2 204", "HTTP/2 204 ", "HTTP/1.0 204 No Content at all"])
    func readsStatusLines(_ line: String) {
        guard case .complete(let head) = parse([line, ""]) else {
            Issue.record("no head from \(line)")
            return
        }
        #expect(head.status == .noContent)
        #expect(["2", "1.0"].contains(head.version))
    }

    @Test func passesInterimHeadsOver() {
        let lines = [
            "HTTP/1.1 100 Continue", "", "HTTP/1.1 103 Early Hints", "Link: x", "", "HTTP/1.1 404 Not Found", "",
        ]
        #expect(parse(lines) == .complete(ResponseHead(version: "1.1", status: .notFound)))
    }

    @Test func ignoresTrailers() {
        var parser = ResponseHeadParser()
        _ = parser.take(line: Array("HTTP/1.1 200 OK\r\n".utf8))
        guard case .complete = parser.take(line: Array("\r\n".utf8)) else {
            Issue.record("the head did not end")
            return
        }
        #expect(parser.take(line: Array("X-Trailer: 1\r\n".utf8)) == .incomplete)
        #expect(parser.take(line: Array("\r\n".utf8)) == .incomplete)
    }

    @Test(arguments: [["HTTP/1.1 2000 OK"], ["HTTP/1.1"], ["HTTP/1.1 abc OK"], ["X: y"], [""]])
    func refusesWhatIsNoHead(_ lines: [String]) {
        #expect(parse(lines) == .invalid)
    }

    @Test func refusesAHeadWithoutEnd() {
        let line = "X: " + String(repeating: "x", count: 1000)
        #expect(parse(["HTTP/1.1 200 OK"] + Array(repeating: line, count: 300)) == .invalid)
    }
}
