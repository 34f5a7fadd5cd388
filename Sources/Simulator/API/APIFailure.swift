/// An error of the Bot API in Telegram's own words.
struct APIFailure: Error, Sendable, Equatable {
    let code: Int
    let description: String
    var retryAfter: Int?
    var migrateToChatID: Int64?

    static func badRequest(_ text: String) -> APIFailure { APIFailure(code: 400, description: "Bad Request: \(text)") }
    static func forbidden(_ text: String) -> APIFailure { APIFailure(code: 403, description: "Forbidden: \(text)") }
    static func conflict(_ text: String) -> APIFailure { APIFailure(code: 409, description: "Conflict: \(text)") }

    static func tooManyRequests(_ seconds: Int) -> APIFailure {
        APIFailure(code: 429, description: "Too Many Requests: retry after \(seconds)", retryAfter: seconds)
    }

    static let unauthorized = APIFailure(code: 401, description: "Unauthorized")
    static let notFound = APIFailure(code: 404, description: "Not Found")
    static let methodNotFound = APIFailure(code: 404, description: "Not Found: method not found")

    /// Telegram's text for a code that a fault asks for.
    static func injected(_ fault: FaultSpec, code: Int) -> APIFailure {
        var failure: APIFailure
        switch code {
        case 401: failure = .unauthorized
        case 403: failure = .forbidden("bot was blocked by the user")
        case 404: failure = .notFound
        case 409: failure = .conflict("terminated by other setWebhook")
        case 429: failure = .tooManyRequests(fault.retryAfter ?? 1)
        case 500: failure = APIFailure(code: code, description: "Internal Server Error")
        case 502: failure = APIFailure(code: code, description: "Bad Gateway")
        case 504: failure = APIFailure(code: code, description: "Gateway Timeout")
        case 400 where fault.migrateToChatID != nil:
            failure = .badRequest("group chat was upgraded to a supergroup chat")
        case 400: failure = .badRequest("chat not found")
        default: failure = APIFailure(code: code, description: code < 500 ? "Bad Request" : "Internal Server Error")
        }
        if let text = fault.description { failure = APIFailure(code: code, description: text) }
        failure.retryAfter = fault.retryAfter ?? failure.retryAfter
        failure.migrateToChatID = fault.migrateToChatID
        return failure
    }
}
