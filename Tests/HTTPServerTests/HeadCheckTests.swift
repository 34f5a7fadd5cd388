import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct HeadCheckTests {
    private func check(
        _ headers: HTTPHeaders, target: String = "/", version: String = "HTTP/1.0", maxHeaderBytes: Int = 1000
    ) -> HeadCheck.Verdict {
        HeadCheck.verdict(
            target: target, version: version, headers: headers, maxHeaderBytes: maxHeaderBytes, maxBodyBytes: 10)
    }

    private func status(_ verdict: HeadCheck.Verdict) -> HTTPStatus? {
        if case .refuse(let status, _) = verdict { status } else { nil }
    }

    @Test func plainRequestsPass() {
        #expect(check(["Host": "a"]) == .body(length: 0))
        #expect(check(["content-length": "10"]) == .body(length: 10))
        #expect(check(["Transfer-Encoding": "Chunked"]) == .body(length: 0))
        #expect(check(["Content-Length": "3", "content-length": "3"]) == .body(length: 3))
    }

    @Test func ambiguousLengthsAreRefused() {
        #expect(status(check(["Content-Length": "3", "Transfer-Encoding": "chunked"])) == .badRequest)
        #expect(status(check(["Content-Length": "3", "content-length": "4"])) == .badRequest)
        for bad in ["-1", "+1", "1,1", "0x1", "", "99999999999999999999"] {
            #expect(status(check(["Content-Length": bad])) == .badRequest, "\(bad)")
        }
        #expect(status(check(["Transfer-Encoding": "gzip"]))?.rawValue == 501)
        #expect(status(check(["Transfer-Encoding": "gzip, chunked"]))?.rawValue == 501)
        #expect(status(check(["Transfer-Encoding": "chunked", "transfer-encoding": "chunked"]))?.rawValue == 501)
    }

    @Test func oneHostIsNeededSinceHTTP11() {
        #expect(check(["Host": "a"], version: "HTTP/1.1") == .body(length: 0))
        #expect(status(check([:], version: "HTTP/1.1")) == .badRequest)
        #expect(status(check([:], version: "HTTP/1.0")) == nil)
        #expect(status(check(["Host": "a", "host": "a"], version: "HTTP/1.0")) == .badRequest)
        #expect(status(check([:], target: "/a b")) == .badRequest)
    }

    @Test func tooLargeIsRefused() {
        #expect(status(check(["Content-Length": "11"])) == .payloadTooLarge)
        #expect(status(check(["X": String(repeating: "x", count: 1000)]))?.rawValue == 431)
        #expect(status(check([:], target: "/" + String(repeating: "x", count: 1000)))?.rawValue == 431)
        #expect(status(check(["X": "y"], target: "/", maxHeaderBytes: 7)) == nil)
        #expect(status(check(["X": "y"], target: "/", maxHeaderBytes: 6))?.rawValue == 431)
    }
}
