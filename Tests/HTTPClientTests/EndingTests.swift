import Concurrency
import HTTPClient
import HTTPTypes
import Testing

/// Time-outs, cancellation and shutdown: whatever ends an exchange from the client's side.
@Suite struct EndingTests {
    /// Reads and never answers; sets the flag when the client has closed.
    private static func silent(_ closed: Locked<Int>) -> @Sendable (RawConnection) throws -> Void {
        { connection in
            connection.waitForEnd()
            closed.withLock { $0 += 1 }
        }
    }

    @Test func aServerThatDoesNotAnswerTimesOut() async throws {
        let closed = Locked(0)
        try await RawServer.with(Self.silent(closed)) { server in
            try await withClient { client in
                let error = try await clientError {
                    _ = try await client.execute(HTTPRequest(.get, server.url("/secret"), timeout: .milliseconds(200)))
                }
                #expect(error.code == .timedOut)
                #expect(error.requestWasSent)
                #expect(error.isRetriable)
                #expect(!error.message.contains("secret"))
                #expect(await eventually { closed.withLock { $0 } == 1 })
            }
        }
    }

    @Test func silenceTimesOutButTheReadersSlownessDoesNot() async throws {
        try await RawServer.with({ connection in
            _ = try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<24 {
                try connection.write("100000\r\n" + String(repeating: "x", count: 1 << 20) + "\r\n")
            }
            connection.waitForEnd()
        }) { server in
            try await withClient { client in
                let response = try await client.stream(
                    HTTPRequest(.get, server.url(), timeout: nil, idleTimeout: .seconds(3)))
                // The transfer stands still for longer than the idle time-out for want of a reader.
                try await Task.sleep(for: .seconds(5))
                var received = 0
                let error = try await clientError { for try await chunk in response.body { received += chunk.count } }
                #expect(received == 24 << 20)
                #expect(error.code == .timedOut)
                #expect(error.requestWasSent)
            }
        }
    }

    @Test func theTimeOutOfTheWholeHoldsForStreamsToo() async throws {
        let closed = Locked(0)
        try await RawServer.with({ connection in
            _ = try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\n\r\nabc")
            connection.waitForEnd()
            closed.withLock { $0 += 1 }
        }) { server in
            try await withClient { client in
                let response = try await client.stream(HTTPRequest(.get, server.url(), timeout: .milliseconds(500)))
                let error = try await clientError { for try await _ in response.body {} }
                #expect(error.code == .timedOut)
                #expect(await eventually { closed.withLock { $0 } == 1 })
            }
        }
    }

    @Test func waitingForAConnectionTimesOutUnsent() async throws {
        try await RawServer.with(Self.silent(Locked(0))) { server in
            try await withClient(.with { $0.maxConnectionsPerHost = 1 }) { client in
                let first = Task { try await client.execute(HTTPRequest(.get, server.url())) }
                #expect(await eventually { server.acceptedCount == 1 })
                let error = try await clientError {
                    _ = try await client.execute(HTTPRequest(.get, server.url(), timeout: .milliseconds(200)))
                }
                #expect(error.code == .timedOut)
                #expect(!error.requestWasSent)
                first.cancel()
                _ = await first.result
            }
        }
    }

    @Test func aServerThatDoesNotSpeakTLSTimesOutUnsent() async throws {
        try await RawServer.with(Self.silent(Locked(0))) { server in
            try await withClient(.with { $0.connectTimeout = .milliseconds(300) }) { client in
                let error = try await clientError {
                    _ = try await client.execute(HTTPRequest(.post, "https://127.0.0.1:\(server.port)/"))
                }
                #expect(error.code == .timedOut)
                #expect(!error.requestWasSent)
            }
        }
    }

    @Test func cancellingTheTaskClosesTheConnection() async throws {
        let closed = Locked(0)
        try await RawServer.with(Self.silent(closed)) { server in
            try await withClient { client in
                let task = Task { try await client.execute(HTTPRequest(.get, server.url(), timeout: nil)) }
                #expect(await eventually { server.acceptedCount == 1 })
                #expect(closed.withLock { $0 } == 0)
                task.cancel()
                let error = try await clientError { _ = try await task.value }
                #expect(error.code == .cancelled)
                #expect(await eventually { closed.withLock { $0 } == 1 })
            }
        }
    }

    @Test func aCancelledTaskSendsNothing() async throws {
        try await RawServer.with(Self.silent(Locked(0))) { server in
            try await withClient { client in
                let task = Task {
                    while !Task.isCancelled { await Task.yield() }
                    return try await client.execute(HTTPRequest(.get, server.url()))
                }
                task.cancel()
                let error = try await clientError { _ = try await task.value }
                #expect(error.code == .cancelled)
                #expect(!error.requestWasSent)
            }
            #expect(server.acceptedCount == 0)
        }
    }

    /// Streams without end; counts the connections the client closed.
    private static func endless(_ closed: Locked<Int>) -> @Sendable (RawConnection) throws -> Void {
        { connection in
            defer { closed.withLock { $0 += 1 } }
            _ = try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while true {
                try connection.write("4\r\ntick\r\n")
                pauseBriefly()
            }
        }
    }

    @Test func leavingTheBodysIterationClosesTheConnection() async throws {
        let closed = Locked(0)
        try await RawServer.with(Self.endless(closed)) { server in
            try await withClient { client in
                let response = try await client.stream(HTTPRequest(.get, server.url(), timeout: nil))
                for try await _ in response.body { break }
                #expect(await eventually { closed.withLock { $0 } == 1 })
                // A new iteration of what was left finds it cancelled.
                let error = try await clientError { for try await _ in response.body {} }
                #expect(error.code == .cancelled)
            }
        }
    }

    @Test func droppingTheResponseClosesTheConnection() async throws {
        let closed = Locked(0)
        try await RawServer.with(Self.endless(closed)) { server in
            try await withClient { client in
                let status = try await client.stream(HTTPRequest(.get, server.url(), timeout: nil)).status
                #expect(status == .ok)
                #expect(await eventually { closed.withLock { $0 } == 1 })
            }
        }
    }

    @Test func cancellingTheReaderClosesTheConnection() async throws {
        let closed = Locked(0)
        let chunks = Locked(0)
        try await RawServer.with(Self.endless(closed)) { server in
            try await withClient { client in
                let task = Task {
                    let response = try await client.stream(HTTPRequest(.get, server.url(), timeout: nil))
                    for try await _ in response.body { chunks.withLock { $0 += 1 } }
                }
                #expect(await eventually { chunks.withLock { $0 } > 2 })
                task.cancel()
                let error = try await clientError { try await task.value }
                #expect(error.code == .cancelled)
                #expect(await eventually { closed.withLock { $0 } == 1 })
            }
        }
    }

    @Test func shutdownEndsWhatIsUnderWay() async throws {
        let closed = Locked(0)
        try await RawServer.with(Self.silent(closed)) { server in
            let client = try HTTPClient()
            let tasks = (0..<5).map { _ in
                Task { try await client.execute(HTTPRequest(.get, server.url(), timeout: nil)) }
            }
            #expect(await eventually { server.acceptedCount == 5 })
            await client.shutdown()
            for task in tasks {
                let error = try await clientError { _ = try await task.value }
                #expect(error.code == .shutDown)
            }
            #expect(await eventually { closed.withLock { $0 } == 5 })
            let late = try await clientError { _ = try await client.execute(HTTPRequest(.get, server.url())) }
            #expect(late.code == .shutDown)
            #expect(!late.requestWasSent)
            await client.shutdown()
            #expect(server.acceptedCount == 5)
        }
    }

    @Test func aClientNobodyHoldsGoesAwayWithItsConnections() async throws {
        let closed = Locked(0)
        try await RawServer.with({ connection in
            defer { closed.withLock { $0 += 1 } }
            while try connection.readRequest() != nil { try connection.answer("ok") }
        }) { server in
            _ = try await HTTPClient().execute(HTTPRequest(.get, server.url()))
            #expect(await eventually { closed.withLock { $0 } == 1 })
        }
    }

    /// Requests cancelled at every stage leave nothing behind: each ends once, and the client goes on to work.
    @Test func cancellationsAtAnyMomentLeaveTheClientWhole() async throws {
        try await RawServer.with({ connection in
            while try connection.readRequest() != nil {
                try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntick\r\n")
                pauseBriefly()
                try connection.write("4\r\ntock\r\n0\r\n\r\n")
            }
        }) { server in
            try await withClient(.with { $0.maxConnectionsPerHost = 8 }) { client in
                let complete = await withTaskGroup(of: Bool.self) { group in
                    for number in 0..<300 {
                        group.addTask {
                            let task = Task {
                                var received = 0
                                let response = try await client.stream(HTTPRequest(.get, server.url()))
                                for try await chunk in response.body { received += chunk.count }
                                return received
                            }
                            if number % 3 > 0 {
                                _ = await sleepUnlessCancelled(for: .microseconds(number * 97 % 40_000))
                                task.cancel()
                            }
                            switch await task.result {
                            case .success(let received): return received == 8
                            case .failure(let error): return (error as? HTTPClientError)?.code == .cancelled
                            }
                        }
                    }
                    return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(complete == 300)
                let response = try await client.execute(HTTPRequest(.get, server.url()))
                #expect(response.body == Array("ticktock".utf8))
            }
        }
    }
}
