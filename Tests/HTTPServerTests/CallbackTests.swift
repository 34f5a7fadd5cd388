import Concurrency
import Dispatch
import HTTPServer
import HTTPTypes
import Observability
import Testing

/// Handlers that answer by a callback, and answers that are kept.
@Suite struct CallbackTests {
    private typealias Answer = @Sendable (HTTPServerResponse) -> Void

    private func withRouter(
        _ router: HTTPRouter, _ configuration: HTTPServer.Configuration = HTTPServer.Configuration(),
        metrics: MetricsRegistry? = nil, _ body: (HTTPServer) async throws -> Void
    ) async throws {
        try await withServer(
            HTTPServer(configuration, name: "test", logger: .silent, metrics: metrics, router: router), body)
    }

    /// What is kept longer would keep its server, and that all of this.
    private static func take(_ waiting: Locked<[Answer]>) -> [Answer] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }

    @Test func theyAnswerAtOnceOrLaterBesideHandlersThatAreTasks() async throws {
        let metrics = MetricsRegistry()
        let waiting = Locked<[Answer]>([])
        var router = HTTPRouter()
        router.on(.post, "/now/:name") { request, answer in
            answer(.text("\(request.parameters["name"] ?? "?") \(request.body.count)"))
        }
        router.on(.post, "/later/:name") { _, answer in waiting.withLock { $0.append(answer) } }
        router.get("/now/:name") { request in .text("task \(request.parameters["name"] ?? "?")") }
        try await withRouter(router, metrics: metrics) { server in
            let connection = try RawConnection(port: server.port)
            for _ in 0..<3 {
                #expect(try await connection.post("/now/ann", Array("four".utf8)).text == "ann 4")
                #expect(try await connection.get("/now/ann").text == "task ann")
                #expect(try await connection.get("/nothing").status == 404)
            }
            try await connection.send("PUT /now/ann HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            let wrong = try await connection.response()
            #expect(wrong.status == 405)
            #expect(wrong.headers["allow"] == "GET, HEAD, POST")

            let others = try (0..<20).map { _ in try RawConnection(port: server.port) }
            for other in others {
                try await other.send("POST /later/bob HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            }
            await eventually("all of them wait") { waiting.withLock { $0.count } == others.count }
            for answer in Self.take(waiting) {
                DispatchQueue.global().async {
                    answer(.text("later"))
                    // Too late, and nobody minds.
                    answer(.text("again"))
                }
            }
            for other in others { #expect(try await other.response().text == "later") }
            #expect(try await others[0].post("/now/bob", []).text == "bob 0")
        }
        let requests = metrics.counter("http_server_requests_total", help: "", labels: ["server", "route", "status"])
        #expect(requests.value(["test", "/now/:name", "2xx"]) == 7)
        #expect(requests.value(["test", "/later/:name", "2xx"]) == 20)
    }

    @Test func oneThatNeverAnswersIsAnswered503AndItsAnswerDropped() async throws {
        let waiting = Locked<[Answer]>([])
        var router = HTTPRouter()
        router.on(.get, "/never") { _, answer in waiting.withLock { $0.append(answer) } }
        try await withRouter(router, HTTPServer.Configuration(handlerTimeout: .milliseconds(100))) { server in
            let connection = try RawConnection(port: server.port)
            #expect(try await connection.get("/never").status == 503)
            for answer in Self.take(waiting) { answer(.text("late")) }
            #expect(try await connection.get("/nothing").status == 404)
        }
    }

    @Test func anAnswerThatIsKeptIsGivenAgainAndAgainAndCopiesMayDiffer() async throws {
        let kept = HTTPServerResponse.text("ok").kept()
        let other = {
            var response = kept
            response.status = .created
            response.headers["X-Other"] = "yes"
            return response
        }()
        let gate = Gate()
        let server = HTTPServer(name: "test", logger: .silent) { request in
            if request.path == "/last" { await gate.pass() }
            return request.path == "/other" ? other : kept
        }
        try server.start()
        let clients = try (0..<4).map { _ in try RawConnection(port: server.port) }
        for _ in 0..<50 {
            for client in clients {
                let answer = try await client.get("/")
                #expect(answer.status == 200)
                #expect(answer.text == "ok")
                #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
                #expect(answer.headers["x-other"] == nil)
            }
        }
        let changed = try await clients[0].get("/other")
        #expect(changed.status == 201)
        #expect(changed.headers["x-other"] == "yes")
        try await clients[1].send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
        let head = try await clients[1].response(toHead: true)
        #expect(head.headers["content-length"] == "2")
        // While the server ends each answer says so, a kept one too.
        try await clients[2].send("GET /last HTTP/1.1\r\nHost: h\r\n\r\n")
        await eventually("it is at work") { gate.arrived == 1 }
        let ending = Task { await server.shutdown() }
        await eventually("the server ends") { (try? RawConnection(port: server.port)) == nil }
        gate.open()
        let last = try await clients[2].response()
        #expect(last.text == "ok")
        #expect(last.headers["connection"]?.lowercased() == "close")
        await ending.value
    }
}
