import Concurrency
import HTTPServer
import HTTPTypes
import Observability
import Testing

/// Bodies that are pulled from a function.
@Suite struct PullTests {
    private static func pull(
        length: Int?, _ next: @escaping @Sendable (Int) async throws -> [UInt8]?
    )
        -> HTTPServerResponse
    {
        let count = Locked(0)
        return HTTPServerResponse(
            .ok, headers: [:],
            content: .pull(length: length) {
                let number = count.withLock { count in
                    defer { count += 1 }
                    return count
                }
                return try await next(number)
            })
    }

    @Test func aLargeBodyIsWholeAndTheConnectionServesOn() async throws {
        let body = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try await withServer { request in
            guard request.path == "/pull" else { return .text("next") }
            return Self.pull(length: nil) { number in
                if number.isMultiple(of: 3) { await Task.yield() }
                let start = number * 100_001
                return start < body.count ? Array(body[start..<min(body.count, start + 100_001)]) : nil
            }
        } _: { server in
            let connection = try RawConnection(port: server.port)
            let answer = try await connection.get("/pull")
            #expect(answer.headers["transfer-encoding"] == "chunked")
            #expect(answer.body == body)
            #expect(try await connection.get("/").text == "next")
        }
    }

    @Test func aKnownLengthIsAnnounced() async throws {
        let words = ["hello ", "world"]
        try await withServer { request in
            Self.pull(length: request.path == "/short" ? 20 : 11) { number in
                number < words.count ? Array(words[number].utf8) : nil
            }
        } _: { server in
            let connection = try RawConnection(port: server.port)
            let answer = try await connection.get("/")
            #expect(answer.headers["content-length"] == "11")
            #expect(answer.headers["transfer-encoding"] == nil)
            #expect(answer.text == "hello world")
            try await connection.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await connection.response(toHead: true).headers["content-length"] == "11")
            #expect(try await connection.get("/").text == "hello world")
            // Less than announced: the client must see that something is missing.
            await #expect(throws: RawConnectionError.self) { try await connection.get("/short") }
        }
    }

    @Test func anErrorBreaksTheAnswerOff() async throws {
        struct Broken: Error {}
        try await withServer { _ in
            Self.pull(length: nil) { number in
                if number == 1 { try await Task.sleep(for: .milliseconds(20)) }
                if number == 2 { throw Broken() }
                return Array("chunk".utf8)
            }
        } _: { server in
            let connection = try RawConnection(port: server.port)
            await #expect(throws: RawConnectionError.self) { try await connection.get("/") }
        }
    }

    @Test func theSourceWaitsForASlowReader() async throws {
        let made = Locked(0)
        try await withServer { _ in
            Self.pull(length: nil) { _ in
                made.withLock { $0 += 65_536 }
                return [UInt8](repeating: 1, count: 65_536)
            }
        } _: { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            // It stands still when the kernel's buffers and the server's are full.
            var last = -1
            for _ in 0..<60 {
                guard await sleepUnlessCancelled(for: .milliseconds(300)) else { return }
                let now = made.withLock { $0 }
                if now > 0, now == last { break }
                last = now
            }
            #expect(last > 0 && last == made.withLock { $0 }, "the source is not held back")
            connection.reset()
        }
    }
}
