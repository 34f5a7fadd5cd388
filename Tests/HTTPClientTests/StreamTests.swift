import Concurrency
import HTTPClient
import HTTPTypes
import Testing

/// Bodies that come and go piece by piece.
@Suite struct StreamTests {
    @Test func chunksComeAsTheyAreSent() async throws {
        let mayGoOn = Locked(false)
        try await RawServer.with({ connection in
            _ = try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            while !mayGoOn.withLock({ $0 }) { pauseBriefly() }
            try connection.write("6\r\nsecond\r\n0\r\nX-Trailer: 1\r\n\r\n")
        }) { server in
            try await withClient { client in
                let response = try await client.stream(HTTPRequest(.get, server.url()))
                #expect(response.status == .ok)
                #expect(response.version == "1.1")
                #expect(response.headers["Transfer-Encoding"] == "chunked")
                var iterator = response.body.makeAsyncIterator()
                #expect(try await iterator.next() == Array("first".utf8))
                mayGoOn.withLock { $0 = true }
                #expect(try await iterator.next() == Array("second".utf8))
                #expect(try await iterator.next() == nil)
                #expect(try await iterator.next() == nil)
            }
        }
    }

    @Test func aSlowReaderHoldsTheServerBack() async throws {
        let chunk = [UInt8](repeating: 7, count: 1 << 20)
        let total = 128
        let written = Locked(0)
        try await RawServer.with({ connection in
            _ = try connection.readRequest()
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total << 20)\r\n\r\n")
            for _ in 0..<total {
                try connection.write(chunk)
                written.withLock { $0 += 1 }
            }
        }) { server in
            try await withClient { client in
                let response = try await client.stream(HTTPRequest(.get, server.url(), timeout: nil))
                var iterator = response.body.makeAsyncIterator()
                var received = try #require(try await iterator.next()).count
                // The server comes to a stand when the sockets' buffers (some megabytes) and the client's are full.
                var before = -1
                while before != written.withLock({ $0 }) {
                    before = written.withLock { $0 }
                    try await Task.sleep(for: .milliseconds(500))
                }
                #expect(before < 64)
                while let bytes = try await iterator.next() {
                    #expect(bytes.count <= 512 << 10)
                    received += bytes.count
                }
                #expect(received == total << 20)
            }
        }
    }

    @Test func aBodyIsSentAsItIsMade() async throws {
        let requests = Locked<[RawConnection.Request]>([])
        try await RawServer.with({ connection in
            while let request = try connection.readRequest() {
                requests.withLock { $0.append(request) }
                try connection.answer("ok")
            }
        }) { server in
            try await withClient { client in
                for length in [nil, 12] {
                    let (chunks, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self)
                    let body = HTTPRequest.Body.stream(length: length, chunks: chunks)
                    async let response = client.execute(HTTPRequest(.put, server.url(), body: body))
                    for text in ["one ", "two ", "", "four"] {
                        continuation.yield(Array(text.utf8))
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    continuation.finish()
                    #expect(try await response.status == .ok)
                }
            }
        }
        let (chunked, measured) = try requests.withLock { (try #require($0.first), try #require($0.last)) }
        #expect(chunked.method == "PUT" && measured.method == "PUT")
        #expect(chunked.header("Transfer-Encoding") == "chunked")
        #expect(measured.header("Content-Length") == "12")
        #expect(chunked.body == Array("one two four".utf8))
        #expect(measured.body == Array("one two four".utf8))
    }

    @Test func aSlowServerHoldsTheBodyBack() async throws {
        let mayRead = Locked(false)
        let made = Locked(0)
        let total = 128
        try await RawServer.with({ connection in
            _ = try connection.readHead()
            while !mayRead.withLock({ $0 }) { pauseBriefly() }
            var received = 0
            while received < total << 20 {
                let bytes = connection.receive()
                if bytes.isEmpty { return }
                received += bytes.count
            }
            try connection.answer("\(received >> 20)")
        }) { server in
            try await withClient { client in
                let chunks = AsyncThrowingStream<[UInt8], any Error>(unfolding: {
                    guard made.withLock({ $0 }) < total else { return nil }
                    made.withLock { $0 += 1 }
                    return [UInt8](repeating: 1, count: 1 << 20)
                })
                let body = HTTPRequest.Body.stream(length: total << 20, chunks: chunks)
                async let response = client.execute(HTTPRequest(.post, server.url(), body: body, timeout: nil))
                var before = -1
                while before != made.withLock({ $0 }) || before == 0 {
                    before = made.withLock { $0 }
                    try await Task.sleep(for: .milliseconds(500))
                }
                #expect(before < 64)
                mayRead.withLock { $0 = true }
                #expect(try await response.body == Array("128".utf8))
                #expect(made.withLock { $0 } == total)
            }
        }
    }

    private struct BodyFailure: Error {}

    @Test func aFailingBodyBreaksTheRequestOff() async throws {
        let ended = Locked(false)
        try await RawServer.with({ connection in
            _ = try connection.readHead()
            connection.waitForEnd()
            ended.withLock { $0 = true }
        }) { server in
            try await withClient { client in
                let (chunks, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self)
                continuation.yield([1, 2, 3])
                let error = try await clientError {
                    async let response = client.execute(
                        HTTPRequest(.post, server.url(), body: .stream(length: nil, chunks: chunks)))
                    #expect(await eventually { server.acceptedCount == 1 })
                    continuation.finish(throwing: BodyFailure())
                    _ = try await response
                }
                #expect(error.code == .other)
                #expect(error.cause is BodyFailure)
                #expect(await eventually { ended.withLock { $0 } })
            }
        }
    }

    @Test(arguments: [2, 4]) func aBodyOfAnotherLengthThanAnnouncedIsAnError(_ length: Int) async throws {
        try await RawServer.with({ connection in
            if try connection.readRequest() != nil { try connection.answer("complete") }
        }) { server in
            try await withClient { client in
                let (chunks, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self)
                continuation.yield([1, 2, 3])
                continuation.finish()
                let error = try await clientError {
                    _ = try await client.execute(
                        HTTPRequest(.post, server.url(), body: .stream(length: length, chunks: chunks)))
                }
                #expect((error.cause as? HTTPClientError)?.code == .invalidRequest)
            }
        }
    }

    @Test func anAnswerThatComesBeforeTheBodyIsCompleteIsTaken() async throws {
        try await RawServer.with({ connection in
            _ = try connection.readHead()
            try connection.answer("too large", status: "413 Payload Too Large", headers: ["Connection: close"])
            connection.waitForEnd()
        }) { server in
            try await withClient { client in
                let (chunks, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self)
                continuation.yield([1, 2, 3])
                let response = try await client.execute(
                    HTTPRequest(.post, server.url(), body: .stream(length: nil, chunks: chunks), timeout: .seconds(60)))
                #expect(response.status == .payloadTooLarge)
                continuation.finish()
            }
        }
    }

    @Test func aBodyBeyondTheLimitIsAnError() async throws {
        try await RawServer.with({ connection in
            while let request = try connection.readRequest() {
                if request.target == "/announced" {
                    try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
                    connection.waitForEnd()
                } else if request.target == "/fits" {
                    try connection.answer(String(repeating: "x", count: 1000))
                } else {
                    try connection.write("HTTP/1.1 200 OK\r\n\r\n\(String(repeating: "x", count: 1001))")
                    return
                }
            }
        }) { server in
            try await withClient(.with { $0.maxResponseBytes = 1000 }) { client in
                #expect(try await client.execute(HTTPRequest(.get, server.url("/fits"))).body.count == 1000)
                for path in ["/announced", "/not-announced"] {
                    let error = try await clientError {
                        _ = try await client.execute(HTTPRequest(.get, server.url(path)))
                    }
                    #expect(error.code == .bodyTooLarge)
                    #expect(error.requestWasSent)
                    #expect(!error.isRetriable)
                }
            }
        }
    }
}
