import FoundationEssentials
import HTTPClient
import HTTPServer
import HTTPTypes
import TelegramBotAPI

/// The Bot API server behind the proxy: requests go there and answers come back as they are, without being held as a whole.
struct ProxyUpstream: Sendable {
    /// An answer, and how long Telegram wants to be left alone.
    struct Answer: Sendable {
        var response: HTTPServerResponse
        var retryAfter: Duration?
    }

    private let http: HTTPClient
    private let baseURL: String
    private let timeout: Duration

    /// How long an upload or a download may take, however steadily it moves.
    private static let longest = Duration.seconds(1800)
    /// An answer that is not longer is sent in one piece.
    private static let small = 65_536

    /// - Parameter timeout: of a call; of an upload or a download the silence of the other side.
    init(http: HTTPClient, baseURL: String, timeout: Duration) {
        self.http = http
        self.baseURL = String(baseURL.reversed().drop { $0 == "/" }.reversed())
        self.timeout = timeout
    }

    /// Calls a method.
    /// - Parameters:
    ///   - query: with its "?", or empty.
    ///   - method: letters, digits and "_" only.
    func call(
        _ request: HTTPServerRequest, _ method: String, query: Substring, token: String, body: PeekedBody
    ) async -> Answer {
        let isLarge = body.rest != nil
        let upstream = HTTPRequest(
            request.method, "\(baseURL)/bot\(token)/\(method)\(query)",
            headers: ProxyHeaders.forRequest(request.headers), body: Self.body(body),
            timeout: isLarge ? Self.longest : timeout, idleTimeout: isLarge ? timeout : nil)
        return await send(upstream)
    }

    /// Fetches a file.
    /// - Parameter path: percent-encoded.
    func file(_ request: HTTPServerRequest, path: String, token: String) async -> HTTPServerResponse {
        let upstream = HTTPRequest(
            request.method, "\(baseURL)/file/bot\(token)/\(path)", headers: ProxyHeaders.forRequest(request.headers),
            timeout: Self.longest, idleTimeout: timeout)
        return await send(upstream).response
    }

    private func send(_ request: HTTPRequest) async -> Answer {
        do {
            return try await answer(try await http.stream(request), to: request.method)
        } catch let error as HTTPClientError where error.code == .timedOut {
            return Answer(response: BotAPIAnswer.failure(504, "Gateway Timeout: \(error.message)"))
        } catch let error as HTTPClientError {
            return Answer(response: BotAPIAnswer.failure(502, "Bad Gateway: \(error.message)"))
        } catch {
            return Answer(response: BotAPIAnswer.failure(502, "Bad Gateway"))
        }
    }

    private func answer(_ upstream: HTTPStreamingResponse, to method: HTTPMethod) async throws -> Answer {
        let headers = ProxyHeaders.forAnswer(upstream.headers)
        let length = upstream.headers["Content-Length"].flatMap { Int($0) }
        let reader = AnswerReader(upstream.body)
        guard method != .head, length.map({ $0 <= Self.small }) ?? true else {
            return Answer(
                response: HTTPServerResponse(
                    upstream.status, headers: headers, content: .pull(length: length) { try await reader.next() }))
        }
        var beginning: [UInt8] = []
        while let bytes = try await reader.next() {
            beginning += bytes
            if beginning.count > Self.small {
                await reader.putBack(beginning)
                return Answer(
                    response: HTTPServerResponse(
                        upstream.status, headers: headers, content: .pull(length: length) { try await reader.next() }))
            }
        }
        var answer = Answer(response: HTTPServerResponse(upstream.status, headers: headers, body: beginning))
        if upstream.status == .tooManyRequests {
            answer.retryAfter = Self.retryAfter(upstream.headers["Retry-After"], beginning)
        }
        return answer
    }

    private static func body(_ body: PeekedBody) -> HTTPRequest.Body {
        guard let rest = body.rest else { return body.prefix.isEmpty ? .none : .bytes(body.prefix) }
        let reader = UploadReader(prefix: body.prefix, rest: rest)
        return .stream(length: body.length, chunks: AsyncThrowingStream { try await reader.next() })
    }

    /// The body of a 429 says it, or else its head.
    private static func retryAfter(_ header: String?, _ body: [UInt8]) -> Duration {
        let head: AnswerHead?
        do {
            head = try JSONDecoder().decode(AnswerHead.self, from: Data(body))
        } catch {
            head = nil
        }
        let error = TelegramError.from(
            status: .tooManyRequests, answer: head, retryAfterHeader: header, method: "")
        return error?.retryAfter ?? .seconds(1)
    }
}

/// Reads an answer's body, one caller at a time; what was read can be put back.
private actor AnswerReader {
    private var iterator: HTTPBodyStream.Iterator
    private var waiting: [UInt8] = []

    init(_ body: HTTPBodyStream) { iterator = body.makeAsyncIterator() }

    func putBack(_ bytes: [UInt8]) { waiting = bytes }

    func next() async throws -> [UInt8]? {
        if !waiting.isEmpty {
            defer { waiting = [] }
            return waiting
        }
        var copy = iterator
        defer { iterator = copy }
        return try await copy.next()
    }
}

/// Reads a request's body on, behind what has been looked at.
private actor UploadReader {
    private var prefix: [UInt8]
    private let rest: HTTPServerBody

    init(prefix: [UInt8], rest: HTTPServerBody) {
        self.prefix = prefix
        self.rest = rest
    }

    func next() async throws -> [UInt8]? {
        guard prefix.isEmpty else {
            defer { prefix = [] }
            return prefix
        }
        return try await rest.next()
    }
}
