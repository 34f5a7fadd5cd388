import FoundationEssentials
import HTTPServer
import HTTPTypes

/// Answers in the Bot API's form, given in Telegram's place.
enum BotAPIAnswer {
    private struct Failure: Encodable {
        struct Parameters: Encodable {
            let retry_after: Int
        }

        let ok = false
        let error_code: Int
        let description: String
        let parameters: Parameters?
    }

    /// A success. Both are JSON as it is.
    static func success(_ result: String, description: String? = nil) -> HTTPServerResponse {
        let text = description.map { #","description":"\#($0)""# } ?? ""
        return .json(Array(#"{"ok":true,"result":\#(result)\#(text)}"#.utf8))
    }

    /// A success with an array of JSON texts.
    static func success(_ results: [[UInt8]]) -> HTTPServerResponse {
        var body = Array(#"{"ok":true,"result":["#.utf8)
        body.reserveCapacity(results.reduce(32) { $0 + $1.count + 1 })
        for (number, result) in results.enumerated() {
            if number > 0 { body.append(UInt8(ascii: ",")) }
            body += result
        }
        body += Array("]}".utf8)
        return .json(body)
    }

    /// - Parameter retryAfter: seconds, for 429.
    static func failure(_ status: Int, _ description: String, retryAfter: Int? = nil) -> HTTPServerResponse {
        let failure = Failure(
            error_code: status, description: description, parameters: retryAfter.map { .init(retry_after: $0) })
        let body: [UInt8]
        do {
            body = Array(try JSONEncoder().encode(failure))
        } catch {
            body = Array(#"{"ok":false,"error_code":\#(status),"description":"error"}"#.utf8)
        }
        var response = HTTPServerResponse.json(body, HTTPStatus(rawValue: status))
        if let retryAfter { response.headers["Retry-After"] = "\(retryAfter)" }
        return response
    }

    static let unauthorized = failure(401, "Unauthorized")
    static let notFound = failure(404, "Not Found")

    /// As Telegram words it.
    static func tooManyRequests(_ seconds: Int) -> HTTPServerResponse {
        failure(429, "Too Many Requests: retry after \(seconds)", retryAfter: seconds)
    }
}
