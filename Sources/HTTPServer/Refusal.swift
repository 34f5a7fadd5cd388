import HTTPTypes

/// Why a request or a connection gets to no handler; the values of a metric's label.
enum Refusal: String, Sendable, CaseIterable {
    /// The bodies of all requests together are more than is held.
    case crowded
    /// A body over the limit.
    case bodyTooLarge = "body_too_large"
    /// A request line or header fields over the limit.
    case headTooLarge = "head_too_large"
    /// No HTTP, or HTTP that can be understood in two ways.
    case malformed
    /// A request that does not arrive in its time.
    case slow
    /// A connection without a request, when all connections are taken and another one waits.
    case idle

    /// - Parameter status: what the client is told.
    init(_ status: HTTPStatus) {
        switch status.rawValue {
        case 413: self = .bodyTooLarge
        case 414, 431: self = .headTooLarge
        default: self = .malformed
        }
    }
}
