package import HTTPTypes

/// What to ask, and how long to wait for the answer.
package struct HTTPRequest: Sendable {
    /// What goes out behind the head.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Chunks sent as they come. `length` in bytes must be met exactly; without it the transfer is chunked (HTTP/1.1).
        /// An error of the stream breaks the request off. The stream is read once: such a request is never repeated.
        case stream(length: Int?, chunks: AsyncThrowingStream<[UInt8], any Error>)
    }

    package var method: HTTPMethod

    /// Absolute, `http` or `https`, percent-encoded; sent as it is, dots and double slashes included. No user or password.
    package var url: String

    /// Sent besides `Host`, `Accept`, `User-Agent` and the framing fields (`Content-Length`, `Transfer-Encoding`, `Expect`),
    /// which follow from the body and are left out when given here.
    package var headers: HTTPHeaders

    package var body: Body

    /// For the whole exchange, from the call to the last byte of the answer; `nil` for none, as watches want it.
    package var timeout: Duration?

    /// How long the peer may keep silent while it is its turn. The time that the reader of a streamed answer or the writer of
    /// a streamed body takes does not count.
    package var idleTimeout: Duration?

    package init(
        _ method: HTTPMethod = .get, _ url: String, headers: HTTPHeaders = [:], body: Body = .none,
        timeout: Duration? = .seconds(30), idleTimeout: Duration? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.idleTimeout = idleTimeout
    }
}

extension HTTPMethod {
    /// Whether a second arrival changes nothing (RFC 9110, 9.2.2), so that the client may repeat the request by itself
    /// when a kept-alive connection turns out to be dead.
    var isIdempotent: Bool {
        ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"].contains(rawValue)
    }
}
