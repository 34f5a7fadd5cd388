import Concurrency
import HTTPTypes
import Observability
import Testing

@testable import HTTPServer

/// What a body that is read as it comes hands on, without a connection.
@Suite struct RequestBodyStateTests {
    private typealias State = RequestBodyState<String>

    private func portion(_ action: State.Action) -> State.Portion? { action.resume?.portion }

    @Test func bytesReachWhoWaitsAndWhoComesLater() {
        var state = State(highWater: 4)
        #expect(portion(state.awaitNext("a")) == nil)
        #expect(portion(state.append([1, 2])) == .success([1, 2]))
        #expect(portion(state.append([3])) == nil)
        #expect(portion(state.append([4])) == nil)
        #expect(portion(state.awaitNext("b")) == .success([3, 4]))
        #expect(portion(state.end()) == nil)
        #expect(portion(state.awaitNext("c")) == .success(nil))
    }

    @Test func theConnectionStandsStillWhileTheReaderIsSlow() {
        var state = State(highWater: 2)
        _ = state.append([1, 2])
        #expect(!state.mustSuspend)
        _ = state.append([3])
        #expect(state.mustSuspend)
        state.isSuspended = true
        // One more chunk may come although it is suspended; it is not suspended twice.
        _ = state.append([4])
        #expect(!state.mustSuspend && !state.mustResume)
        #expect(portion(state.awaitNext("a")) == .success([1, 2, 3, 4]))
        #expect(state.mustResume)
    }

    @Test func whatNobodyReadsIsDropped() {
        var state = State(highWater: 2)
        _ = state.append([1, 2, 3])
        state.isSuspended = true
        #expect(portion(state.discard()) == nil)
        #expect(state.mustResume)
        state.isSuspended = false
        _ = state.append([4, 5, 6])
        #expect(!state.mustSuspend)
        #expect(portion(state.end()) == nil)
        #expect(portion(state.awaitNext("a")) == .failure(.cancelled))
    }

    @Test func aBrokenBodyHasNoEnd() {
        var state = State(highWater: 2)
        #expect(portion(state.awaitNext("a")) == nil)
        #expect(portion(state.fail(.connectionLost)) == .failure(.connectionLost))
        #expect(portion(state.end()) == nil)
        #expect(portion(state.awaitNext("b")) == .failure(.connectionLost))
    }

    @Test func aReaderCanGoAndOnlyOneReads() {
        var state = State(highWater: 2)
        #expect(portion(state.awaitNext("a")) == nil)
        #expect(portion(state.awaitNext("b")) == .failure(.readTwice))
        #expect(portion(state.cancelReader()) == .failure(.cancelled))
        #expect(portion(state.cancelReader()) == nil)
        #expect(portion(state.append([1])) == nil)
        #expect(portion(state.awaitNext("c")) == .success([1]))
    }
}

/// Bodies that the handler reads as they come.
@Suite struct StreamedBodyTests {
    private static let configuration = HTTPServer.Configuration(
        maxBodyBytes: 8 << 20, streamedBodyBytes: 100)

    /// Answers with the sum of the bytes and how many there were.
    @Sendable private static func sum(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        var sum = 0
        var count = 0
        do {
            guard let stream = request.stream else {
                return .text("whole \(request.body.count)")
            }
            while let bytes = try await stream.next() {
                count += bytes.count
                sum = bytes.reduce(sum) { $0 &+ Int($1) }
                if request.path == "/slow" { try await Task.sleep(for: .milliseconds(1)) }
            }
        } catch {
            return .text("\(error)", .badRequest)
        }
        return .text("\(count) \(sum)")
    }

    private static let body = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    private static let expected = "5000000 \(body.reduce(0) { $0 + Int($1) })"

    private func head(_ path: String, _ framing: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: h\r\n\(framing)\r\n\r\n"
    }

    @Test(arguments: ["/", "/slow"]) func aLargeBodyArrivesWholeAndTheConnectionServesOn(path: String) async throws {
        try await withServer(Self.configuration, handler: Self.sum) { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send(Array(head(path, "Content-Length: \(Self.body.count)").utf8) + Self.body)
            #expect(try await connection.response().text == Self.expected)
            try await connection.send(head("/", "Content-Length: 3") + "abc")
            #expect(try await connection.response().text == "whole 3")
        }
    }

    @Test(arguments: ["/", "/slow"]) func aBodyInChunksArrivesWhole(path: String) async throws {
        try await withServer(Self.configuration, handler: Self.sum) { server in
            let connection = try RawConnection(port: server.port)
            var message = Array(head(path, "Transfer-Encoding: chunked").utf8)
            var start = 0
            var size = 1
            while start < Self.body.count {
                let end = min(start + size, Self.body.count)
                message += Array("\(String(end - start, radix: 16))\r\n".utf8) + Self.body[start..<end]
                message += Array("\r\n".utf8)
                start = end
                size = size * 3 % 9001 + 1
            }
            try await connection.send(message + Array("0\r\n\r\n".utf8))
            #expect(try await connection.response().text == Self.expected)
            #expect(try await connection.get("/").text == "whole 0")
        }
    }

    @Test func anEarlyAnswerComesBehindTheBody() async throws {
        try await withServer(Self.configuration, handler: { _ in .text("no", .unauthorized) }) { server in
            let connection = try RawConnection(port: server.port)
            try await connection.send(Array(head("/", "Content-Length: \(Self.body.count)").utf8) + Self.body)
            #expect(try await connection.response().status == 401)
            #expect(try await connection.get("/").status == 401)
        }
    }

    @Test func theClientWaitsForTheReader() async throws {
        let gate = Gate()
        try await withServer(Self.configuration) { request in
            await gate.pass()
            return await Self.sum(request)
        } _: { server in
            let connection = try RawConnection(port: server.port)
            let sending = Task {
                try await connection.send(Array(head("/", "Content-Length: \(Self.body.count)").utf8) + Self.body)
            }
            await eventually("the handler runs before the body is there") { gate.arrived == 1 }
            gate.open()
            try await sending.value
            #expect(try await connection.response().text == Self.expected)
        }
    }

    @Test func aClientThatGoesEndsTheReading() async throws {
        let ended = Locked("")
        try await withServer(Self.configuration) { request in
            let response = await Self.sum(request)
            ended.withLock { $0 = String(decoding: response.body, as: UTF8.self) }
            return response
        } _: { server in
            do {
                let connection = try RawConnection(port: server.port)
                try await connection.send(head("/", "Content-Length: 5000") + "half of it")
                connection.reset()
            }
            await eventually("the handler is told") { !ended.withLock { $0 }.isEmpty }
        }
    }

    @Test func aBodyOverTheLimitIsRefused() async throws {
        var configuration = Self.configuration
        configuration.maxBodyBytes = 1000
        try await withServer(configuration, handler: Self.sum) { server in
            let connection = try RawConnection(port: server.port)
            let chunk = "400\r\n" + String(repeating: "x", count: 1024) + "\r\n"
            try await connection.send(head("/", "Transfer-Encoding: chunked") + chunk)
            #expect(try await connection.response().status == 413)
        }
    }

    @Test func theEndOfTheServerEndsWhatIsSuspended() async throws {
        var configuration = Self.configuration
        configuration.shutdownTimeout = .milliseconds(200)
        let server = HTTPServer(configuration, name: "test", logger: .silent) { _ in
            // It never reads, so that the connection is suspended.
            try? await Task.sleep(for: .seconds(60))
            return .text("late")
        }
        try server.start()
        let connection = try RawConnection(port: server.port)
        let sending = Task {
            try await connection.send(Array(head("/", "Content-Length: \(Self.body.count)").utf8) + Self.body)
        }
        try await Task.sleep(for: .milliseconds(300))
        await server.shutdown()
        _ = await sending.result
    }
}
