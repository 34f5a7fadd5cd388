/// Why a request got no (complete) answer. An answer with an error status is an answer, not one of these.
package struct HTTPClientError: Error, CustomStringConvertible, Sendable {
    /// The kinds of failure a caller tells apart.
    package enum Code: Sendable, Hashable {
        /// The URL is not an `http` or `https` one that can be asked.
        case invalidURL
        /// The method or a header cannot be sent as it is.
        case invalidRequest
        /// The settings of the client or its TLS material make no sense.
        case invalidConfiguration
        /// The host's name has no address, or the resolver does not answer.
        case resolveFailed
        /// No connection: refused, unreachable, reset before TLS stood.
        case connectFailed
        /// TLS: a certificate not trusted, not for this host, not accepted, or unusable.
        case tls
        /// The time for the connection, the whole exchange, or the silence in between ran out.
        case timedOut
        /// The connection broke before the answer was complete.
        case connectionLost
        /// The answer is longer than the client may keep.
        case bodyTooLarge
        /// What came back is not HTTP.
        case invalidResponse
        /// The task was cancelled, or the body was dropped before its end.
        case cancelled
        /// The client was shut down.
        case shutDown
        /// Anything else, such as memory or a request body that failed.
        case other
    }

    package let code: Code

    /// What failed and where. Names the host and port at most: the path and the query may hold tokens.
    package let message: String

    /// `false` when surely no byte of the request went out, so that repeating it cannot do anything twice. `true` means
    /// that it may have arrived.
    package internal(set) var requestWasSent: Bool

    /// libcurl's `CURLcode`, when the failure came from there.
    package let curlCode: Int32?

    /// The error beneath, for instance that of the stream a request body came from.
    package let cause: (any Error)?

    init(
        _ code: Code, _ message: String, requestWasSent: Bool = false, curlCode: Int32? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.requestWasSent = requestWasSent
        self.curlCode = curlCode
        self.cause = cause
    }

    /// Whether the same request may do better a little later. A request that is not idempotent should be repeated only
    /// when ``requestWasSent`` is `false` as well.
    package var isRetriable: Bool {
        switch code {
        case .resolveFailed, .connectFailed, .timedOut, .connectionLost: true
        case .invalidURL, .invalidRequest, .invalidConfiguration, .tls, .bodyTooLarge, .invalidResponse, .cancelled,
            .shutDown, .other:
            false
        }
    }

    package var description: String { message }
}
