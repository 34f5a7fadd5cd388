/// Why the API server refused a request, for machines: `metav1.StatusReason`. Servers and admission webhooks may send
/// words that are not in this list.
package struct StatusReason: RawRepresentable, Codable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    /// The server gave none.
    package static let unknown = StatusReason(rawValue: "")
    package static let unauthorized = StatusReason(rawValue: "Unauthorized")
    package static let forbidden = StatusReason(rawValue: "Forbidden")
    package static let notFound = StatusReason(rawValue: "NotFound")
    package static let alreadyExists = StatusReason(rawValue: "AlreadyExists")
    /// A stale resourceVersion or uid, or with server-side apply a field that another manager owns.
    package static let conflict = StatusReason(rawValue: "Conflict")
    /// The item is there no more and will not come back.
    package static let gone = StatusReason(rawValue: "Gone")
    /// The object breaks the schema or a validation rule; `details.causes` names the fields.
    package static let invalid = StatusReason(rawValue: "Invalid")
    /// The resourceVersion or the continue token is too old: list again.
    package static let expired = StatusReason(rawValue: "Expired")
    package static let serverTimeout = StatusReason(rawValue: "ServerTimeout")
    package static let timeout = StatusReason(rawValue: "Timeout")
    package static let tooManyRequests = StatusReason(rawValue: "TooManyRequests")
    package static let badRequest = StatusReason(rawValue: "BadRequest")
    package static let methodNotAllowed = StatusReason(rawValue: "MethodNotAllowed")
    package static let notAcceptable = StatusReason(rawValue: "NotAcceptable")
    package static let requestEntityTooLarge = StatusReason(rawValue: "RequestEntityTooLarge")
    package static let unsupportedMediaType = StatusReason(rawValue: "UnsupportedMediaType")
    package static let internalError = StatusReason(rawValue: "InternalError")
    package static let serviceUnavailable = StatusReason(rawValue: "ServiceUnavailable")

    package var description: String { rawValue.isEmpty ? "Unknown" : rawValue }

    package init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    /// The reason that goes with an HTTP status code, for answers that carry no `Status` (a proxy's, an old server's).
    package static func implied(byStatusCode code: Int) -> StatusReason {
        switch code {
        case 400: .badRequest
        case 401: .unauthorized
        case 403: .forbidden
        case 404: .notFound
        case 405: .methodNotAllowed
        case 406: .notAcceptable
        case 409: .conflict
        case 410: .gone
        case 413: .requestEntityTooLarge
        case 415: .unsupportedMediaType
        case 422: .invalid
        case 429: .tooManyRequests
        case 500: .internalError
        case 503: .serviceUnavailable
        case 504: .timeout
        default: .unknown
        }
    }
}
