import Concurrency
import HTTPClient
import HTTPTypes
import Testing

/// What goes out, and what of the answer comes back.
@Suite struct RequestTests {
    /// Answers every request with 200 and shows it to `inspect`.
    private static func recording(
        _ requests: Locked<[RawConnection.Request]>
    ) -> @Sendable (RawConnection) throws -> Void {
        { connection in
            while let request = try connection.readRequest() {
                requests.withLock { $0.append(request) }
                try connection.answer("hello", headers: ["X-Mixed-Case: Yes", "X-Twice: 1", "X-Twice: 2"])
            }
        }
    }

    private func send(_ make: (RawServer) -> HTTPRequest) async throws -> (RawConnection.Request, HTTPResponse) {
        let requests = Locked<[RawConnection.Request]>([])
        let response = try await RawServer.with(Self.recording(requests)) { server in
            try await withClient { try await $0.execute(make(server)) }
        }
        return (try #require(requests.withLock { $0.first }), response)
    }

    @Test func getsAnAnswer() async throws {
        let (request, response) = try await send {
            HTTPRequest(.get, $0.url("/a/../b//c?x=%20#part"), headers: ["X-Name": "value", "X-Empty": ""])
        }
        #expect(request.method == "GET")
        #expect(request.target == "/a/../b//c?x=%20")
        #expect(request.header("x-name") == "value")
        #expect(request.header("x-empty") == "")
        #expect(request.header("User-Agent") == "telegram-serverless")
        for absent in ["Accept-Encoding", "Expect", "Content-Type", "Content-Length", "Transfer-Encoding", "Cookie"] {
            #expect(request.header(absent) == nil, "\(absent)")
        }
        #expect(response.status == .ok)
        #expect(response.body == Array("hello".utf8))
        #expect(response.version == "1.1")
        #expect(response.headers["x-mixed-case"] == "Yes")
        #expect(response.headers.fields.contains { $0.name == "X-Mixed-Case" })
        #expect(response.headers.values("X-TWICE") == ["1", "2"])
    }

    @Test(arguments: [HTTPMethod.post, .put, .patch, .delete, HTTPMethod(rawValue: "PROPFIND")])
    func sendsBytes(_ method: HTTPMethod) async throws {
        let body: [UInt8] = [0, 1, 255, 0] + Array("{}".utf8)
        let (request, _) = try await send {
            HTTPRequest(
                method, $0.url(), headers: ["content-type": "application/json", "Content-Length": "99"],
                body: .bytes(body))
        }
        #expect(request.method == method.rawValue)
        #expect(request.body == body)
        #expect(request.headers.filter { $0.name.lowercased() == "content-length" }.map(\.value) == ["6"])
        #expect(request.headers.filter { $0.name.lowercased() == "content-type" }.map(\.value) == ["application/json"])
    }

    @Test(arguments: [HTTPMethod.post, .put, .patch]) func announcesAnEmptyBody(_ method: HTTPMethod) async throws {
        for body in [HTTPRequest.Body.none, .bytes([])] {
            let (request, _) = try await send { HTTPRequest(method, $0.url(), body: body) }
            #expect(request.method == method.rawValue)
            #expect(request.header("Content-Length") == "0")
            #expect(request.header("Content-Type") == nil)
        }
    }

    @Test func sendsALargeBodyWithoutAskingFirst() async throws {
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let (request, _) = try await send { HTTPRequest(.post, $0.url(), body: .bytes(body)) }
        #expect(request.header("Expect") == nil)
        #expect(request.body == body)
    }

    @Test func headHasNoBody() async throws {
        let response = try await RawServer.with({ connection in
            while let request = try connection.readRequest() {
                try connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nX-Method: \(request.method)\r\n\r\n")
            }
        }) { server in
            try await withClient { client in
                _ = try await client.execute(HTTPRequest(.head, server.url()))
                return try await client.execute(HTTPRequest(.head, server.url()))
            }
        }
        #expect(response.headers["X-Method"] == "HEAD")
        #expect(response.body.isEmpty)
    }

    @Test func redirectsAreAnswers() async throws {
        let targets = Locked<[String]>([])
        let response = try await RawServer.with({ connection in
            while let request = try connection.readRequest() {
                targets.withLock { $0.append(request.target) }
                try connection.answer("", status: "302 Found", headers: ["Location: /other", "Set-Cookie: a=b"])
            }
        }) { server in
            try await withClient { client in
                _ = try await client.execute(HTTPRequest(.get, server.url("/first")))
                return try await client.execute(HTTPRequest(.get, server.url("/second")))
            }
        }
        #expect(response.status.rawValue == 302)
        #expect(response.headers["Location"] == "/other")
        #expect(targets.withLock { $0 } == ["/first", "/second"])
    }

    @Test func interimAnswersArePassedOver() async throws {
        let response = try await RawServer.with({ connection in
            _ = try connection.readRequest()
            try connection.write("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
            try connection.answer("late", status: "201 Created")
        }) { server in
            try await withClient { try await $0.execute(HTTPRequest(.get, server.url())) }
        }
        #expect(response.status == .created)
        #expect(response.headers["X-Early"] == nil)
        #expect(response.body == Array("late".utf8))
    }

    @Test func headersCannotSmuggle() async throws {
        try await withClient { client in
            for headers in [["X": "a\r\nY: b"], ["X Y": "a"], ["": "a"], ["X:": "a"]] as [HTTPHeaders] {
                let error = try await clientError {
                    _ = try await client.execute(HTTPRequest(.get, "http://127.0.0.1:1/", headers: headers))
                }
                #expect(error.code == .invalidRequest)
                #expect(!error.requestWasSent)
            }
        }
    }
}
