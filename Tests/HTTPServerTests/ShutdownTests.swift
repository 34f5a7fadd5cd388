import Concurrency
import HTTPServer
import HTTPTypes
import Observability
import Testing

@Suite struct ShutdownTests {
    @Test func finishesWhatIsInFlightAndRefusesNewConnections() async throws {
        let gate = Gate()
        let server = HTTPServer(name: "test", logger: .silent) { request in
            if request.path == "/slow" { await gate.pass() }
            return .text("done")
        }
        try server.start()
        let port = server.port
        let idle = try RawConnection(port: port)
        #expect(try await idle.get("/").status == 200)
        let busy = try RawConnection(port: port)
        try await busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        await eventually("the handler runs") { gate.arrived == 1 }
        let ending = Task { await server.shutdown() }
        await eventually("new connections are refused") {
            do { _ = try RawConnection(port: port) } catch { return true }
            return false
        }
        gate.open()
        let response = try await busy.response()
        #expect(response.status == 200)
        #expect(response.headers["connection"] == "close")
        #expect(try await busy.untilClosed().isEmpty)
        await ending.value
        #expect(try await idle.untilClosed().isEmpty)
    }

    @Test func answers503ForHandlersThatHangPastTheEnd() async throws {
        let configuration = HTTPServer.Configuration(shutdownTimeout: .milliseconds(300))
        let arrived = Locked(0)
        let hanging = Gate()
        let server = HTTPServer(configuration, name: "test", logger: .silent) { _ in
            arrived.withLock { $0 += 1 }
            // Does not even heed its cancellation.
            await hanging.pass()
            return .text("too late")
        }
        try server.start()
        let connections = try (0..<20).map { _ in try RawConnection(port: server.port) }
        for connection in connections { try await connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
        await eventually("all handlers run") { arrived.withLock { $0 } == 20 }
        await server.shutdown()
        for connection in connections { #expect(try await connection.response().status == 503) }
        hanging.open()
    }

    @Test func endsAtOnceWhenCancelled() async throws {
        let arrived = Locked(0)
        let cancelled = Locked(0)
        let server = HTTPServer(name: "test", logger: .silent) { _ in
            arrived.withLock { $0 += 1 }
            if await !sleepUnlessCancelled(for: .seconds(600)) { cancelled.withLock { $0 += 1 } }
            return .text("too late")
        }
        try server.start()
        let running = Task { try await server.run() }
        let connection = try RawConnection(port: server.port)
        try await connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await eventually("the handler runs") { arrived.withLock { $0 } == 1 }
        running.cancel()
        try await running.value
        #expect(try await connection.response().status == 503)
        await eventually("the handler is cancelled") { cancelled.withLock { $0 } == 1 }
    }

    @Test func cutsStreamsThatDoNotEnd() async throws {
        let configuration = HTTPServer.Configuration(shutdownTimeout: .milliseconds(300))
        let (chunks, producer) = AsyncStream.makeStream(of: [UInt8].self)
        let server = HTTPServer(configuration, name: "test", logger: .silent) { _ in .stream(chunks) }
        try server.start()
        let connection = try RawConnection(port: server.port)
        producer.yield([65])
        try await connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        var head = ""
        while !head.hasSuffix("1\r\nA\r\n") { head += String(decoding: try await connection.bytes(1), as: UTF8.self) }
        await server.shutdown()
        #expect(try await connection.untilClosed().isEmpty)
    }

    /// Stops under load, again and again: neither a suspended connection nor one being accepted may be there when the
    /// daemon ends, or the process aborts.
    @Test func survivesManyStopsUnderLoad() async throws {
        for round in 0..<8 {
            let configuration = HTTPServer.Configuration(shutdownTimeout: .seconds(10))
            let server = HTTPServer(configuration, name: "test", logger: .silent) { request in
                if request.path == "/yield" { await Task.yield() }
                return .text("ok")
            }
            try server.start()
            let port = server.port
            let answered = Locked(0)
            let clients = (0..<8).map { index in
                Task {
                    while let connection = try? RawConnection(port: port) {
                        do {
                            for _ in 0..<20 {
                                guard try await connection.get(index % 2 == 0 ? "/yield" : "/").status == 200 else {
                                    break
                                }
                                answered.withLock { $0 += 1 }
                            }
                        } catch { continue }
                    }
                }
            }
            await eventually("requests are answered") { answered.withLock { $0 > 0 } }
            try await Task.sleep(for: .milliseconds(round * 5))
            if round % 3 == 0 {
                let running = Task { try await server.run() }
                running.cancel()
                try await running.value
            } else {
                await server.shutdown()
            }
            for client in clients { await client.value }
        }
    }

    @Test func shutsDownBeforeItEverRan() async throws {
        let server = HTTPServer(name: "test", logger: .silent) { _ in .text("ok") }
        await server.shutdown()
        try await server.run()
        #expect(throws: HTTPServerError.self) { try server.start() }
    }

    @Test func endsWhenNobodyHoldsIt() async throws {
        var server: HTTPServer? = HTTPServer(name: "test", logger: .silent) { _ in .text("ok") }
        try server?.start()
        let port = try #require(server?.port)
        #expect(try await RawConnection(port: port).get("/").status == 200)
        server = nil
        await eventually("new connections are refused") {
            do { _ = try RawConnection(port: port) } catch { return true }
            return false
        }
    }

    @Test func runReturnsAfterShutdown() async throws {
        let server = HTTPServer(name: "test", logger: .silent) { _ in .text("ok") }
        let running = Task { try await server.run() }
        await eventually("it listens") { server.port != 0 }
        #expect(try await RawConnection(port: server.port).get("/").text == "ok")
        await server.shutdown()
        try await running.value
    }

    /// Whoever runs a server in a task of its own cannot know whether that task began before the shutdown.
    @Test func runReturnsWhenTheShutdownCameFirst() async throws {
        let gate = Gate()
        let server = HTTPServer(name: "test", logger: .silent) { _ in
            await gate.pass()
            return .text("done")
        }
        try server.start()
        let port = server.port
        let busy = try RawConnection(port: port)
        try await busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await eventually("the handler runs") { gate.arrived == 1 }
        let ending = Task { await server.shutdown() }
        await eventually("new connections are refused") {
            do { _ = try RawConnection(port: port) } catch { return true }
            return false
        }
        let running = Task { try await server.run() }
        gate.open()
        #expect(try await busy.response().status == 200)
        try await running.value
        await ending.value
        try await server.run()
    }
}
