import HTTPServer
import HTTPTypes
import Observability
import Testing

/// Requests that are answered without a handler.
@Suite struct RefusalTests {
    private func refuse(
        _ request: String, _ configuration: HTTPServer.Configuration = HTTPServer.Configuration(),
        isCounted: Bool = true
    ) async throws -> RawResponse {
        var answer: RawResponse?
        let metrics = MetricsRegistry()
        try await withServer(configuration, metrics: metrics) { _ in
            Issue.record("it got to the handler")
            return .text("served")
        } _: { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send(request)
            answer = try await connection.response()
            #expect(try await connection.untilClosed().isEmpty)
        }
        let refusals = metrics.counter("http_server_refusals_total", help: "", labels: ["server", "reason"])
        let reason =
            switch answer?.status {
            case 413: "body_too_large"
            case 414, 431: "head_too_large"
            default: "malformed"
            }
        #expect(refusals.value(["test", reason]) == 1)
        let requests = metrics.counter("http_server_requests_total", help: "", labels: ["server", "route", "status"])
        let response = try #require(answer)
        #expect(requests.value(["test", "none", "\(response.status / 100)xx"]) == (isCounted ? 1 : 0))
        #expect(response.headers["connection"]?.lowercased() == "close")
        return response
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func whatIsAmbiguous(request: String) async throws {
        #expect(try await refuse(request).status == 400)
    }

    @Test func transferCodingsThatAreNotKnown() async throws {
        let answer = try await refuse("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n")
        #expect(answer.status == 501)
    }

    @Test(arguments: [5_000, 100_000])
    func headsAboveTheLimit(size: Int) async throws {
        let long = String(repeating: "x", count: size)
        let configuration = HTTPServer.Configuration(maxHeaderBytes: 4096)
        #expect(try await refuse("GET / HTTP/1.1\r\nHost: h\r\nX: \(long)\r\n\r\n", configuration).status == 431)
        // A request line that does not even fit into the buffer is refused before it is a request.
        let target = try await refuse(
            "GET /\(long) HTTP/1.1\r\nHost: h\r\n\r\n", configuration, isCounted: size < 8192)
        #expect([414, 431].contains(target.status))
    }

    /// The client is answered although its body never ends.
    @Test func chunkedBodiesInTheirMiddle() async throws {
        let chunk = "190\r\n" + String(repeating: "x", count: 400) + "\r\n"
        let answer = try await refuse(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)\(chunk)\(chunk)",
            HTTPServer.Configuration(maxBodyBytes: 1000))
        #expect(answer.status == 413)
    }

    @Test func announcedBodiesBeforeTheyAreSent() async throws {
        let answer = try await refuse(
            "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n",
            HTTPServer.Configuration(maxBodyBytes: 1000))
        #expect(answer.status == 413)
    }

    @Test func aHeadAtTheLimitIsServed() async throws {
        try await withServer(HTTPServer.Configuration(maxHeaderBytes: 4096)) { _ in
            .text("ok")
        } _: { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send(
                "GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "x", count: 4_000))\r\n\r\n")
            #expect(try await connection.response().status == 200)
        }
    }
}
