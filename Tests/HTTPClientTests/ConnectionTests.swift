import Concurrency
import HTTPClient
import HTTPTypes
import Testing

/// When connections are made, shared, kept and lost.
@Suite struct ConnectionTests {
    @Test func aConnectionIsUsedAgain() async throws {
        try await RawServer.with({ connection in
            while try connection.readRequest() != nil { try connection.answer("ok") }
        }) { server in
            try await withClient { client in
                for _ in 0..<20 { _ = try await client.execute(HTTPRequest(.post, server.url(), body: .bytes([1]))) }
            }
            #expect(server.acceptedCount == 1)
        }
    }

    @Test func manyRequestsShareFewConnections() async throws {
        try await RawServer.with({ connection in
            while let request = try connection.readRequest() { try connection.answer(request.target) }
        }) { server in
            try await withClient(.with { $0.maxConnectionsPerHost = 8 }) { client in
                let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let response = try await client.execute(HTTPRequest(.get, server.url("/\(number)")))
                            return (number, String(decoding: response.body, as: UTF8.self))
                        }
                    }
                    return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
                #expect(answers == Dictionary(uniqueKeysWithValues: (0..<200).map { ($0, "/\($0)") }))
            }
            #expect((1...8).contains(server.acceptedCount))
        }
    }

    @Test func aRefusedConnectionSurelySentNothing() async throws {
        let port = try RawServer.freePort()
        let error = try await withClient { client in
            try await clientError {
                _ = try await client.execute(HTTPRequest(.post, "http://127.0.0.1:\(port)/123:secret"))
            }
        }
        #expect(error.code == .connectFailed)
        #expect(!error.requestWasSent)
        #expect(error.isRetriable)
        #expect(error.message.contains("127.0.0.1:\(port)"))
        #expect(!"\(error)".contains("secret"))
    }

    @Test func anUnknownHostSurelyGotNothing() async throws {
        let error = try await withClient { client in
            try await clientError { _ = try await client.execute(HTTPRequest(.get, "http://nobody.invalid/")) }
        }
        #expect(error.code == .resolveFailed)
        #expect(!error.requestWasSent)
    }

    @Test func aConnectionCutBeforeTheAnswerMayHaveSentTheRequest() async throws {
        let error = try await RawServer.with({ connection in
            _ = try connection.readRequest()
        }) { server in
            try await withClient { client in
                try await clientError { _ = try await client.execute(HTTPRequest(.post, server.url("/bot1:secret"))) }
            }
        }
        #expect(error.code == .connectionLost)
        #expect(error.requestWasSent)
        #expect(error.isRetriable)
        #expect(!"\(error)".contains("secret"))
    }

    @Test func aConnectionCutInsideTheBodyIsAnError() async throws {
        try await RawServer.with({ connection in
            _ = try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
        }) { server in
            try await withClient { client in
                let error = try await clientError { _ = try await client.execute(HTTPRequest(.get, server.url())) }
                #expect(error.code == .connectionLost)

                let response = try await client.stream(HTTPRequest(.get, server.url()))
                var received: [UInt8] = []
                let late = try await clientError { for try await chunk in response.body { received += chunk } }
                #expect(late.code == .connectionLost)
                #expect(late.requestWasSent)
                #expect(String(decoding: received, as: UTF8.self) == "only this")
            }
        }
    }

    /// A kept-alive connection that dies under a request: the first answer comes, the second request gets none.
    private static func dyingOnSecond(_ seen: Locked<Int>) -> @Sendable (RawConnection) throws -> Void {
        { connection in
            guard try connection.readRequest() != nil else { return }
            try connection.answer("\(seen.withLock { $0 += 1; return $0 })")
            if try connection.readRequest() != nil { seen.withLock { $0 += 1 } }
        }
    }

    @Test func aRequestThatMayHaveArrivedIsNotSentTwice() async throws {
        let seen = Locked(0)
        try await RawServer.with(Self.dyingOnSecond(seen)) { server in
            try await withClient { client in
                _ = try await client.execute(HTTPRequest(.post, server.url()))
                let error = try await clientError { _ = try await client.execute(HTTPRequest(.post, server.url())) }
                #expect(error.code == .connectionLost)
                #expect(error.requestWasSent)
            }
            #expect(seen.withLock { $0 } == 2)
        }
    }

    @Test func anIdempotentRequestIsSentAgainOnAFreshConnection() async throws {
        let seen = Locked(0)
        try await RawServer.with(Self.dyingOnSecond(seen)) { server in
            try await withClient { client in
                _ = try await client.execute(HTTPRequest(.get, server.url()))
                let response = try await client.execute(HTTPRequest(.get, server.url()))
                #expect(response.body == Array("3".utf8))
            }
            #expect(server.acceptedCount == 2)
        }
    }

    @Test func whatIsNotHTTPIsAnError() async throws {
        try await RawServer.with({ connection in
            _ = try connection.readRequest()
            try connection.write("220 mail.example.com ESMTP\r\n\r\n")
        }) { server in
            try await withClient { client in
                let error = try await clientError { _ = try await client.execute(HTTPRequest(.get, server.url())) }
                #expect(error.code == .invalidResponse)
                #expect(error.requestWasSent)
            }
        }
    }

    @Test func aHeadWithoutEndIsAnError() async throws {
        try await RawServer.with({ connection in
            _ = try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\n")
            while true { try connection.write("X-Filler: \(String(repeating: "x", count: 1000))\r\n") }
        }) { server in
            try await withClient { client in
                let error = try await clientError { _ = try await client.execute(HTTPRequest(.get, server.url())) }
                #expect(error.code == .invalidResponse)
            }
        }
    }
}
