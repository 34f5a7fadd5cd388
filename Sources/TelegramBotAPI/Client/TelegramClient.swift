import FoundationEssentials
package import HTTPClient
package import HTTPTypes
package import Observability

/// Calls methods of the Bot API for any number of bots.
///
/// Does not repeat anything by itself: what to do with a failure is ``Disposition``'s to say. The token stands in the
/// request's path only, as the Bot API wants it; no error and no log line has it.
package final class TelegramClient: Sendable {
    /// Telegram's own server.
    package static let defaultBaseURL = "https://api.telegram.org"
    /// How long a call may take unless said otherwise; Telegram answers most within a second, uploads take longer.
    package static let defaultTimeout = Duration.seconds(30)

    private let http: HTTPClient
    private let baseURL: String
    private let logger: Logger

    /// - Parameter baseURL: where `/bot<token>/<method>` is found; a trailing slash does not matter.
    package init(http: HTTPClient, baseURL: String = TelegramClient.defaultBaseURL, logger: Logger) {
        self.http = http
        var baseURL = baseURL
        while baseURL.hasSuffix("/") { baseURL.removeLast() }
        self.baseURL = baseURL
        self.logger = logger
    }

    /// Calls a method with parameters as JSON and decodes its result.
    package func call<Result: Decodable & Sendable>(
        _ method: String, _ parameters: some Encodable & Sendable, token: BotToken,
        timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> Result {
        try await answer(method, parameters, token: token, timeout: timeout).result
    }

    /// Calls a method and gives the answer with its description (`Webhook was set`).
    func answer<Result: Decodable & Sendable>(
        _ method: String, _ parameters: some Encodable & Sendable, token: BotToken, timeout: Duration
    ) async throws(TelegramError) -> Answer<Result> {
        let response = try await response(method, parameters, token: token, timeout: timeout)
        do {
            return try JSONDecoder().decode(Answer<Result>.self, from: Data(response.body))
        } catch {
            throw Self.unreadable(
                method, status: response.status, "its result is not what the Bot API documents: \(error)")
        }
    }

    /// Calls a method and gives the answer when it is a success.
    func response(
        _ method: String, _ parameters: some Encodable & Sendable, token: BotToken, timeout: Duration
    ) async throws(TelegramError) -> HTTPResponse {
        let body: [UInt8]
        do {
            body = Array(try JSONEncoder().encode(parameters))
        } catch {
            throw TelegramError(.invalidRequest, "\(method): the parameters cannot be written as JSON: \(error)")
        }
        let response = try await forward(
            method, body: body, contentType: "application/json", token: token, timeout: timeout)
        try Self.check(response, method: method)
        return response
    }

    /// Calls a method with a body that is written already and gives the answer as it came, errors of the Bot API included.
    /// - Throws: ``TelegramError`` without an answer: `transport`, `outcomeUnknown`, `cancelled`, `invalidRequest`.
    package func callRaw(
        _ method: String, body: [UInt8], contentType: String, token: BotToken,
        timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> (HTTPStatus, [UInt8]) {
        let response = try await forward(method, body: body, contentType: contentType, token: token, timeout: timeout)
        return (response.status, response.body)
    }

    /// As ``callRaw(_:body:contentType:token:timeout:)``, with the answer's headers.
    package func forward(
        _ method: String, body: [UInt8], contentType: String, token: BotToken,
        timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> HTTPResponse {
        guard !method.isEmpty, method.utf8.allSatisfy(Self.isNameByte) else {
            throw TelegramError(.invalidRequest, "a Bot API method is letters only, such as sendMessage")
        }
        let request = HTTPRequest(
            .post, "\(baseURL)/bot\(token.sensitive.value)/\(method)", headers: ["Content-Type": contentType],
            body: body.isEmpty ? .none : .bytes(body), timeout: timeout)
        do {
            let response = try await http.execute(request)
            logger.debug(
                "Bot API call",
                [
                    "bot": .int(Int(token.botNumber)), "method": .string(method),
                    "status": .int(response.status.rawValue),
                ])
            return response
        } catch let error as HTTPClientError {
            throw TelegramError.withoutAnswer(error, method: method)
        } catch {
            throw TelegramError(.cancelled, "\(method): the call was cancelled")
        }
    }

    /// What an answer of the Bot API says has gone wrong; `nil` when nothing has. For callers of ``forward(_:body:contentType:token:timeout:)``.
    package static func failure(_ response: HTTPResponse, method: String) -> TelegramError? {
        do {
            try check(response, method: method)
            return nil
        } catch {
            return error
        }
    }

    private static func check(_ response: HTTPResponse, method: String) throws(TelegramError) {
        let head: AnswerHead?
        do {
            head = try JSONDecoder().decode(AnswerHead.self, from: Data(response.body))
        } catch {
            head = nil
        }
        if response.status.isSuccess, head?.ok != true {
            throw unreadable(method, status: response.status, "the body is not the Bot API's")
        }
        let error = TelegramError.from(
            status: response.status, answer: head, retryAfterHeader: response.headers["Retry-After"], method: method)
        if let error { throw error }
    }

    private static func unreadable(_ method: String, status: HTTPStatus, _ reason: String) -> TelegramError {
        TelegramError(
            .malformedAnswer, "\(method): HTTP \(status), but \(reason); check the API's base URL",
            status: status.rawValue)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
