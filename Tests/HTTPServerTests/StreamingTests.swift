import Concurrency
import HTTPServer
import HTTPTypes
import Testing

@Suite struct StreamingTests {
    @Test func sendsChunksAsTheyCome() async throws {
        let (chunks, producer) = AsyncStream.makeStream(of: [UInt8].self)
        try await withServer { request in
            request.path == "/stream" ? .stream(chunks, headers: ["Content-Type": "text/x"]) : .text("plain")
        } _: { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n")
            var head = ""
            while !head.hasSuffix("\r\n\r\n") {
                head += String(decoding: try await connection.bytes(1), as: UTF8.self)
            }
            #expect(head.contains("Transfer-Encoding: chunked"))
            #expect(head.contains("Content-Type: text/x"))
            for text in ["one", "two", "three"] {
                producer.yield(Array(text.utf8))
                let expected = "\(text.utf8.count)\r\n\(text)\r\n"
                #expect(String(decoding: try await connection.bytes(expected.utf8.count), as: UTF8.self) == expected)
            }
            producer.finish()
            #expect(try await connection.bytes(5) == Array("0\r\n\r\n".utf8))
            #expect(try await connection.get("/").text == "plain")
        }
    }

    @Test func sendsMuchThroughALittleBuffer() async throws {
        let produced = Locked(0)
        let total = 16 << 20
        try await withServer { _ in
            .stream(
                AsyncStream {
                    let count = produced.withLock { count in
                        defer { count += 65_536 }
                        return count
                    }
                    return count < total ? [UInt8](repeating: UInt8(count / 65_536 % 251), count: 65_536) : nil
                })
        } _: { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try await connection.bytes(1)
            // Nobody reads: the producer is held up by what the sockets and the feed hold, far below the whole.
            var last = -1
            await eventually("the producer stands still") {
                let now = produced.withLock { $0 }
                defer { last = now }
                return now == last && now > 0
            }
            #expect(produced.withLock { $0 } < total)
            let rest = try await connection.untilEndOfChunks()
            #expect(rest > total)
        }
    }

    @Test func aProducerLearnsThatTheClientHasGone() async throws {
        let (chunks, producer) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingOldest(4))
        let ended = Locked(false)
        producer.onTermination = { _ in ended.withLock { $0 = true } }
        try await withServer { _ in
            .stream(chunks)
        } _: { server in
            do {
                let connection = try RawConnection(port: server.port)
                try await connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = try await connection.bytes(1)
                connection.reset()
            }
            await eventually("the stream is cancelled") {
                producer.yield([1, 2, 3])
                return ended.withLock { $0 }
            }
        }
    }

    @Test func headAsksForNoStream() async throws {
        let (chunks, producer) = AsyncStream.makeStream(of: [UInt8].self)
        let ended = Locked(false)
        producer.onTermination = { _ in ended.withLock { $0 = true } }
        try await withServer { _ in
            .stream(chunks)
        } _: { server in
            let connection = try RawConnection(port: server.port)
            for last in ["", "Connection: close\r\n"] {
                try await connection.send("HEAD / HTTP/1.1\r\nHost: h\r\n\(last)\r\n")
                #expect(try await connection.response(toHead: true).status == 200)
            }
            let rest = String(decoding: try await connection.untilClosed(), as: UTF8.self)
            #expect(rest == "")
            await eventually("the stream is cancelled") { ended.withLock { $0 } }
        }
    }

    @Test func abortCutsWithoutAnAnswer() async throws {
        try await withServer { request in
            if request.path == "/later" { await Task.yield() }
            return request.path == "/ok" ? .text("ok") : .abort
        } _: { server in
            for path in ["/now", "/later"] {
                let connection = try RawConnection(port: server.port)
                #expect(try await connection.get("/ok").text == "ok")
                try await connection.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await connection.untilClosed().isEmpty)
            }
        }
    }
}

extension RawConnection {
    /// Reads to the last chunk's end; how many bytes there were.
    func untilEndOfChunks() async throws -> Int {
        var count = 0
        var tail: [UInt8] = []
        while true {
            let piece = try await some()
            guard !piece.isEmpty else { return count }
            count += piece.count
            tail = Array((tail + piece.suffix(7)).suffix(7))
            if tail == Array("\r\n0\r\n\r\n".utf8) { return count }
        }
    }
}
