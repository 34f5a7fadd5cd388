import HTTPServer
import HTTPTypes
import Observability
import Testing

@Suite struct ServingTests {
    /// Tells what arrived.
    private static let echo: HTTPServer.Handler = { request in
        if request.path == "/later" { await Task.yield() }
        return HTTPServerResponse(
            headers: ["X-Method": request.method.rawValue, "X-Path": request.path], body: request.body)
    }

    @Test func answersOneConnectionManyTimes() async throws {
        try await withServer(handler: Self.echo) { server in
            let connection = try RawConnection(port: server.port)
            for index in 0..<50 {
                let response = try await connection.post(index % 2 == 0 ? "/now" : "/later", Array("n\(index)".utf8))
                #expect(response.status == 200)
                #expect(response.text == "n\(index)")
            }
        }
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        try await withServer(handler: Self.echo) { server in
            let connection = try RawConnection(port: server.port)
            let requests = (0..<20).map { index in
                let path = index % 3 == 0 ? "/later" : "/now"
                return "POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n\(index + 10)"
            }
            try await connection.send(requests.joined())
            for index in 0..<20 {
                #expect(try await connection.response().text == "\(index + 10)")
            }
        }
    }

    @Test func tellsTheHandlerWhatCame() async throws {
        try await withServer { request in
            let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            let values = request.headers.values("X-Two").joined(separator: ",")
            return .text("\(request.target)|\(request.path)|\(query)|\(values)|\(request.remoteAddress)")
        } _: { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send(
                "GET //a%20b/%C3%A9?x=1%262&y=a+b&z HTTP/1.1\r\nHost: h\r\nX-Two: 1\r\nx-two: 2\r\n\r\n")
            let response = try await connection.response()
            #expect(response.text == "//a%20b/%C3%A9?x=1%262&y=a+b&z|/a b/é|x=1&2,y=a b,z=|1,2|127.0.0.1")
        }
    }

    @Test func readsChunkedBodies() async throws {
        try await withServer(handler: Self.echo) { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send("POST /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            try await connection.send("5\r\nhello\r\n")
            try await connection.send("7\r\n, world\r\n0\r\n\r\n")
            #expect(try await connection.response().text == "hello, world")
            #expect(try await connection.get("/now").status == 200)
        }
    }

    @Test func readsBodiesLargerThanItsBuffers() async throws {
        try await withServer(handler: Self.echo) { server in
            let connection = try RawConnection(port: server.port)
            let body = (0..<800_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(try await connection.post("/now", body).body == body)
        }
    }

    @Test func answersExpectContinue() async throws {
        try await withServer(handler: Self.echo) { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send(
                "POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            let interim = String(decoding: try await connection.bytes(25), as: UTF8.self)
            #expect(interim == "HTTP/1.1 100 Continue\r\n\r\n")
            try await connection.send("ok")
            #expect(try await connection.response().text == "ok")
        }
    }

    @Test func refusesATooLongBodyUnread() async throws {
        let configuration = HTTPServer.Configuration(maxBodyBytes: 1000)
        try await withServer(configuration, handler: Self.echo) { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send("POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n")
            let response = try await connection.response()
            #expect(response.status == 413)
            #expect(response.headers["connection"] == "close")
            #expect(try await connection.untilClosed().isEmpty)
            let exact = try RawConnection(port: server.port)
            #expect(try await exact.post("/now", Array(repeating: 7, count: 1000)).body.count == 1000)
        }
    }

    @Test func refusesAChunkedBodyAboveTheLimit() async throws {
        let configuration = HTTPServer.Configuration(maxBodyBytes: 1000)
        try await withServer(configuration, handler: Self.echo) { server in
            let connection = try RawConnection(port: server.port)
            let chunk = "1f4\r\n" + String(repeating: "x", count: 500) + "\r\n"
            try await connection.send(
                "POST /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)\(chunk)\(chunk)0\r\n\r\n")
            let response = try await connection.response()
            #expect(response.status == 413)
            #expect(response.headers["connection"] == "close")
            #expect(try await connection.untilClosed().isEmpty)
        }
    }

    @Test func cutsAChunkedBodyWithoutEnd() async throws {
        let configuration = HTTPServer.Configuration(maxBodyBytes: 1000)
        try await withServer(configuration, handler: Self.echo) { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send("POST /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "8000\r\n" + String(repeating: "x", count: 32_768) + "\r\n"
            var isCut = false
            for _ in 0..<2000 where !isCut {
                do { try await connection.send(chunk) } catch { isCut = true }
            }
            #expect(isCut)
        }
    }

    @Test func answersHeadWithoutABody() async throws {
        try await withServer { _ in
            .text("twelve bytes")
        } _: { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
            let response = try await connection.response(toHead: true)
            #expect(response.status == 200)
            #expect(response.headers["content-length"] == "12")
            #expect(try await connection.get("/").text == "twelve bytes")
        }
    }

    @Test func closesWhenTheAnswerOrTheClientSaysSo() async throws {
        try await withServer { _ in
            HTTPServerResponse(headers: ["X-A": "1", "Connection": "close", "Date": "Thu, 01 Jan 1970 00:00:00 GMT"])
        } _: { server in
            let connection = try RawConnection(port: server.port)
            let response = try await connection.get("/")
            #expect(response.headers["connection"] == "close")
            #expect(response.headers["x-a"] == "1")
            #expect(try await connection.untilClosed().isEmpty)
        }
        try await withServer(handler: Self.echo) { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send("GET /now HTTP/1.0\r\n\r\n")
            #expect(try await connection.response().status == 200)
            #expect(try await connection.untilClosed().isEmpty)
        }
    }

    @Test func answerHeadersCannotBreakOut() async throws {
        try await withServer { _ in
            HTTPServerResponse(headers: ["X-Bad": "a\r\nX-Evil: 1", "X-Good": "b", "Content-Length": "999"])
        } _: { server in
            let response = try await RawConnection(port: server.port).get("/")
            #expect(response.headers["x-evil"] == nil)
            #expect(response.headers["x-good"] == "b")
            #expect(response.headers["content-length"] == "0")
        }
    }

    @Test func answersNonsenseWithAnError() async throws {
        let configuration = HTTPServer.Configuration(maxHeaderBytes: 8192)
        try await withServer(configuration, handler: Self.echo) { server in
            let huge = String(repeating: "h", count: 60_000)
            let connection = try RawConnection(port: server.port)
            try await connection.send("GET / HTTP/1.1\r\nHost: h\r\nX-Huge: \(huge)\r\n\r\n")
            #expect([431, 413].contains(try await connection.response().status))
            let other = try RawConnection(port: server.port)
            try await other.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: nine\r\n\r\n")
            #expect(try await other.response().status == 400)
        }
    }

    @Test func countsAnswersByRouteAndStatus() async throws {
        let metrics = MetricsRegistry()
        var router = HTTPRouter()
        router.get("/bots/:bot") { request in
            request.parameters["bot"] == "bad" ? .text("no", .badRequest) : .text("yes")
        }
        router.get("/cut") { _ in .abort }
        let routes = router
        try await withServer(metrics: metrics, handler: { await routes.handle($0) }) { server in
            let connection = try RawConnection(port: server.port)
            for target in ["/bots/a", "/bots/b", "/bots/bad", "/nowhere/1", "/nowhere/2"] {
                _ = try await connection.get(target)
            }
            try await connection.send("GET /cut HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await connection.untilClosed().isEmpty)
            let requests = metrics.counter(
                "http_server_requests_total", help: "", labels: ["server", "route", "status"])
            #expect(requests.value(["test", "/bots/:bot", "2xx"]) == 2)
            #expect(requests.value(["test", "/bots/:bot", "4xx"]) == 1)
            #expect(requests.value(["test", "none", "4xx"]) == 2)
            #expect(requests.value(["test", "/cut", "aborted"]) == 1)
            let connections = metrics.gauge("http_server_connections", help: "", labels: ["server"])
            await eventually("the connection is counted out") { connections.value(["test"]) == 0 }
        }
    }
}
