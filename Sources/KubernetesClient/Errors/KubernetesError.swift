package import KubernetesTypes

/// Why a request to the API server did not do what was asked.
package struct KubernetesError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The API server refused; ``KubernetesError/status`` says the rest.
        case api(StatusReason)
        /// The server could not be reached, or the connection was lost.
        case transport
        /// The kubeconfig, the service account's files or an argument of the call are not usable.
        case configuration
        /// The server's answer is not what the API promises, or not what the type declares.
        case decoding
        /// No credentials could be had: a token file that is not there, an exec plugin that failed.
        case credentials
    }

    package let code: Code
    /// A sentence naming what was asked and what is wrong; holds no secrets.
    package let message: String
    /// The server's `Status`, for ``Code/api(_:)``.
    package let status: Status?
    /// How long the server asks to wait (Retry-After).
    package let retryAfter: Duration?
    /// The error underneath.
    package let cause: (any Error)?
    /// For ``Code/transport``: whether the server may have carried the request out. `false` means surely not.
    package let requestWasSent: Bool

    package init(
        _ code: Code, _ message: String, status: Status? = nil, retryAfter: Duration? = nil,
        cause: (any Error)? = nil, requestWasSent: Bool = false
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.retryAfter = retryAfter
        self.cause = cause
        self.requestWasSent = requestWasSent
    }

    package var description: String { message }

    /// The `Status` reason; `nil` when the error is not the server's.
    package var reason: StatusReason? { if case .api(let reason) = code { reason } else { nil } }

    package var isNotFound: Bool { reason == .notFound }
    package var isAlreadyExists: Bool { reason == .alreadyExists }
    /// A stale resourceVersion or uid, or a field that another manager owns.
    package var isConflict: Bool { reason == .conflict }
    package var isInvalid: Bool { reason == .invalid }
    package var isForbidden: Bool { reason == .forbidden }
    package var isUnauthorized: Bool { reason == .unauthorized }
    package var isTooManyRequests: Bool { reason == .tooManyRequests }
    /// 410: the resourceVersion or continue token is too old, so list again.
    package var isExpired: Bool { reason == .expired || reason == .gone }
    /// The same as ``isExpired``.
    package var isGone: Bool { isExpired }

    /// Whether the same request may succeed later with nobody changing it. Conflicts are not: they want a fresh read.
    package var isRetriable: Bool {
        switch code {
        case .transport: true
        case .credentials: true
        case .configuration, .decoding: false
        case .api(let reason):
            [.tooManyRequests, .serverTimeout, .timeout, .internalError, .serviceUnavailable].contains(reason)
                || (status?.code).map { (500...599).contains($0) && $0 != 501 } == true
        }
    }
}
