/// Why a list or a watch did not work, as far as it matters for what to do next.
package struct ReflectorFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The resourceVersion or the continue token is too old (410).
        case expired
        /// The server does not know the kind (404): its CRD is not installed.
        case notServed
        /// The server cannot be reached, or the connection was lost.
        case unreachable
        /// The credentials are not accepted, or do not allow this (401, 403).
        case refused
        /// The answer is larger than the client takes.
        case tooLarge
        /// Anything else.
        case other
    }

    package let kind: Kind
    /// A sentence for people.
    package let message: String
    /// How long the server asks to wait.
    package let retryAfter: Duration?

    package init(_ kind: Kind, _ message: String, retryAfter: Duration? = nil) {
        self.kind = kind
        self.message = message
        self.retryAfter = retryAfter
    }

    package var description: String { message }
}
