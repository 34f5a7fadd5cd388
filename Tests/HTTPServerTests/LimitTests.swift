import Concurrency
import HTTPServer
import HTTPTypes
import Observability
import Testing

@Suite struct LimitTests {
    @Test func aHandlerOverItsTimeIsCancelledAndAnswered503() async throws {
        let cancelled = Locked(0)
        let configuration = HTTPServer.Configuration(handlerTimeout: .milliseconds(200))
        try await withServer(configuration) { request in
            if request.path == "/quick" { return .text("quick") }
            if await !sleepUnlessCancelled(for: .seconds(600)) { cancelled.withLock { $0 += 1 } }
            return .text("too late")
        } _: { server in
            let connection = try RawConnection(port: server.port)
            for round in 1...3 {
                #expect(try await connection.get("/slow").status == 503)
                await eventually("the handler is cancelled") { cancelled.withLock { $0 } == round }
                #expect(try await connection.get("/quick").text == "quick")
            }
        }
    }

    @Test func threeHundredSuspendedHandlersAtOnce() async throws {
        let gate = Gate()
        try await withServer { request in
            await gate.pass()
            return .text(request.path)
        } _: { server in
            let connections = try (0..<300).map { _ in try RawConnection(port: server.port) }
            for (index, connection) in connections.enumerated() {
                try await connection.send("GET /\(index) HTTP/1.1\r\nHost: h\r\n\r\n")
            }
            await eventually("all handlers run") { gate.arrived == 300 }
            gate.open()
            for (index, connection) in connections.enumerated() {
                #expect(try await connection.response().text == "/\(index)")
            }
        }
    }

    @Test func aSilentConnectionIsClosed() async throws {
        let configuration = HTTPServer.Configuration(idleTimeout: .seconds(1))
        try await withServer(configuration) { _ in
            .text("ok")
        } _: { server in
            let silent = try RawConnection(port: server.port)
            let halfway = try RawConnection(port: server.port)
            try await halfway.send("GET / HTTP/1.1\r\nHo")
            let kept = try RawConnection(port: server.port)
            #expect(try await kept.get("/").status == 200)
            #expect(try await silent.untilClosed().isEmpty)
            _ = try await halfway.untilClosed()
            #expect(try await kept.untilClosed().isEmpty)
        }
    }

    @Test func aRequestThatDripsForeverIsCut() async throws {
        let configuration = HTTPServer.Configuration(idleTimeout: .seconds(5), requestTimeout: .milliseconds(500))
        try await withServer(configuration) { _ in
            .text("ok")
        } _: { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send("GET / HTTP/1.1\r\nHost: h\r\n")
            var isCut = false
            for index in 0..<400 where !isCut {
                do {
                    try await connection.send("X-\(index): 1\r\n")
                    try await Task.sleep(for: .milliseconds(50))
                } catch is RawConnectionError { isCut = true }
            }
            #expect(isCut)
        }
    }

    @Test func aRequestThatDoesNotArriveIsToldSo() async throws {
        let metrics = MetricsRegistry()
        let configuration = HTTPServer.Configuration(requestTimeout: .milliseconds(300))
        try await withServer(configuration, metrics: metrics) { _ in
            .text("ok")
        } _: { server in
            for beginning in [
                "GET / HTTP/1.1\r\nHost: h\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc",
            ] {
                let connection = try RawConnection(port: server.port)
                try await connection.send(beginning)
                #expect(try await connection.response().status == 408)
                #expect(try await connection.untilClosed().isEmpty)
            }
        }
        let refusals = metrics.counter("http_server_refusals_total", help: "", labels: ["server", "reason"])
        #expect(refusals.value(["test", "slow"]) == 2)
    }

    /// Three times as many idle connections as are allowed, and one that asks all the time.
    @Test func idleConnectionsKeepNobodyOut() async throws {
        let metrics = MetricsRegistry()
        var configuration = HTTPServer.Configuration(maxConnections: 100)
        configuration.crowdedIdleTimeout = .milliseconds(100)
        try await withServer(configuration, metrics: metrics) { _ in
            .text("ok")
        } _: { server in
            let idle = try (0..<300).map { _ in try RawConnection(port: server.port) }
            for _ in 0..<3 {
                #expect(try await RawConnection(port: server.port).get("/").status == 200)
            }
            let connections = metrics.gauge("http_server_connections", help: "", labels: ["server"])
            #expect(connections.value(["test"]) <= 100)
            _ = idle
        }
        let refusals = metrics.counter("http_server_refusals_total", help: "", labels: ["server", "reason"])
        #expect(refusals.value(["test", "idle"]) >= 200)
    }

    @Test func requestsThatComeTogetherAreAnsweredInTheirOrder() async throws {
        try await withServer { request in
            // The first takes longest.
            if request.path == "/0" { _ = await sleepUnlessCancelled(for: .milliseconds(100)) }
            return .text(request.path)
        } _: { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send(
                (0..<50).map { "POST /\($0) HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab" }.joined())
            for number in 0..<50 { #expect(try await connection.response().text == "/\(number)") }
        }
    }

    @Test func aClientThatLeavesMidHandlerHarmsNobody() async throws {
        let gate = Gate()
        let finished = Locked(0)
        try await withServer { request in
            if request.path == "/ok" { return .text("ok") }
            await gate.pass()
            finished.withLock { $0 += 1 }
            return HTTPServerResponse(body: Array(repeating: 1, count: 300_000))
        } _: { server in
            for index in 1...10 {
                let connection = try RawConnection(port: server.port)
                try await connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                await eventually("the handler runs") { gate.arrived == index }
                connection.reset()
            }
            gate.open()
            await eventually("all handlers end") { finished.withLock { $0 } == 10 }
            #expect(try await RawConnection(port: server.port).get("/ok").text == "ok")
        }
    }

    @Test func bodiesBeyondWhatIsHeldAreRefusedUntilThereIsRoom() async throws {
        let gate = Gate()
        let metrics = MetricsRegistry()
        var configuration = HTTPServer.Configuration(maxBodyBytes: 6_000)
        configuration.maxHeldBytes = 10_000
        configuration.retryAfterSeconds = 7
        let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6000\r\n\r\n" + String(repeating: "x", count: 6_000)
        try await withServer(configuration, metrics: metrics) { request in
            await gate.pass()
            return .text("\(request.body.count)")
        } _: { server in
            let first = try RawConnection(port: server.port)
            try await first.send(post)
            await eventually("it is at work") { gate.arrived == 1 }
            let second = try RawConnection(port: server.port)
            for _ in 0..<3 {
                try await second.send(post)
                let refused = try await second.response()
                #expect(refused.status == 503)
                #expect(refused.headers["retry-after"] == "7")
            }
            // What is only announced takes nothing.
            let silent = try RawConnection(port: server.port)
            try await silent.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6000\r\n\r\n")
            let small = try RawConnection(port: server.port)
            try await small.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            await eventually("a small one has room") { gate.arrived == 2 }
            // Too large is too large, room or not.
            let large = try RawConnection(port: server.port)
            try await large.send(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "1388\r\n\(String(repeating: "x", count: 5_000))\r\n"
                    + "1388\r\n\(String(repeating: "x", count: 5_000))\r\n0\r\n\r\n")
            #expect(try await large.response().status == 413)
            gate.open()
            #expect(try await first.response().text == "6000")
            #expect(try await small.response().text == "3")
            try await second.send(post)
            #expect(try await second.response().text == "6000")
        }
        let refusals = metrics.counter("http_server_refusals_total", help: "", labels: ["server", "reason"])
        #expect(refusals.value(["test", "crowded"]) == 3)
    }

    /// As long as there is room everybody's body is read; then only of those who are known.
    @Test func strangersAreRefusedByTheirHeadsWhileBodiesFillTheRoom() async throws {
        let gate = Gate()
        var configuration = HTTPServer.Configuration(maxBodyBytes: 6_000)
        configuration.maxHeldBytes = 10_000
        configuration.refusalWhileFilling = { head in
            #expect(head.body.isEmpty)
            return head.headers["Key"] == "right" ? nil : .text("who are you", .unauthorized)
        }
        func head(_ key: String, _ length: Int) -> String {
            "POST / HTTP/1.1\r\nHost: h\r\nKey: \(key)\r\nContent-Length: \(length)\r\n\r\n"
        }
        try await withServer(configuration) { request in
            if request.body.count > 5_000 { await gate.pass() }
            return .text("\(request.body.count)")
        } _: { server in
            let stranger = try RawConnection(port: server.port)
            try await stranger.send(head("wrong", 3) + "abc")
            #expect(try await stranger.response().text == "3")
            let large = try RawConnection(port: server.port)
            try await large.send(head("right", 6_000) + String(repeating: "x", count: 6_000))
            await eventually("it is at work") { gate.arrived == 1 }
            // Nothing of its body has come, nor will.
            try await stranger.send(head("wrong", 3))
            let refused = try await stranger.response()
            #expect(refused.status == 401)
            #expect(refused.headers["connection"]?.lowercased() == "close")
            let known = try RawConnection(port: server.port)
            try await known.send(head("right", 3) + "abc")
            #expect(try await known.response().text == "3")
            gate.open()
            #expect(try await large.response().text == "6000")
            let later = try RawConnection(port: server.port)
            try await later.send(head("wrong", 3) + "abc")
            #expect(try await later.response().text == "3")
        }
    }

    @Test func connectionsAboveTheLimitWait() async throws {
        var configuration = HTTPServer.Configuration(maxConnections: 3)
        // None is closed for the sake of the one that waits, however slow this is.
        configuration.crowdedIdleTimeout = .seconds(600)
        try await withServer(configuration) { _ in
            .text("ok")
        } _: { server in
            var connections = try (0..<3).map { _ in try RawConnection(port: server.port) }
            for connection in connections { #expect(try await connection.get("/").status == 200) }
            let fourth = try RawConnection(port: server.port)
            try await fourth.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            connections.removeLast()
            #expect(try await fourth.response().status == 200)
            for connection in connections { #expect(try await connection.get("/").status == 200) }
        }
    }
}
