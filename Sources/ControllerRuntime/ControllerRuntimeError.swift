/// What the runtime itself has to report; errors of the API server stay `KubernetesError`s.
package struct ControllerRuntimeError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The lease was not renewed in time: somebody else may lead by now.
        case leadershipLost
        /// Somebody else kept changing the object between reading and writing.
        case conflict
        /// An object could not be read as what it was said to be.
        case malformedObject
        /// A reconcile took longer than it may.
        case reconcileTimedOut
        /// A part was used after its shutdown.
        case shutDown
    }

    package let code: Code
    /// A sentence that names the thing and the next step.
    package let message: String
    /// The error underneath.
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { message }

    /// Whether the same may succeed when it is tried again.
    package var isRetriable: Bool {
        switch code {
        case .conflict, .reconcileTimedOut: true
        case .leadershipLost, .malformedObject, .shutDown: false
        }
    }
}
