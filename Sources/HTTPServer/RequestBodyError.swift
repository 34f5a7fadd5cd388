/// Why a request's body did not come to its end.
package enum RequestBodyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The client has gone, or took too long.
    case connectionLost
    /// It is longer than the server takes.
    case tooLarge
    /// The reading task was cancelled, or an answer has been given already.
    case cancelled
    /// Two tasks read it.
    case readTwice

    package var description: String {
        switch self {
        case .connectionLost: "the client went away before the request's body was complete"
        case .tooLarge: "the request's body is too large"
        case .cancelled: "the request's body is no longer read"
        case .readTwice: "two tasks read one request's body; give it to one of them"
        }
    }
}
