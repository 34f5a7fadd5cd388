import HTTPClient
import HTTPTypes

extension DeliveryOutcome {
    /// An answer that does not acknowledge; a redirect is one too.
    static func refusal(_ status: HTTPStatus, retryAfter: String?) -> DeliveryOutcome {
        let phrase = phrases[status.rawValue].map { " \($0)" } ?? ""
        return .failed(
            message: "Wrong response from the webhook: \(status)\(phrase)", status: status.rawValue,
            retryAfter: retryAfter.flatMap { Int($0) })
    }

    /// No answer, in the words that `getWebhookInfo` has for it.
    static func unreachable(_ error: any Error) -> DeliveryOutcome {
        let message: String
        if let error = error as? HTTPClientError {
            switch error.code {
            case .resolveFailed: message = "Failed to resolve host: Name or service not known"
            case .connectFailed: message = "Connection refused"
            case .tls: message = "SSL error {error:0A000086:SSL routines::certificate verify failed}"
            case .timedOut: message = error.requestWasSent ? "Read timeout expired" : "Connection timed out"
            case .connectionLost: message = "Connection closed"
            default: message = "\(error)"
            }
        } else {
            message = "Connection closed"
        }
        return .failed(message: message, status: nil, retryAfter: nil)
    }

    private static let phrases = [
        301: "Moved Permanently", 302: "Found", 303: "See Other", 307: "Temporary Redirect", 308: "Permanent Redirect",
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        408: "Request Timeout", 410: "Gone", 413: "Request Entity Too Large", 429: "Too Many Requests",
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout",
    ]
}
