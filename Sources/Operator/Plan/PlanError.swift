/// Why nothing can be planned.
package struct PlanError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// A file is no YAML, or not of resources.
        case input
        /// A TelegramBot breaks a rule.
        case invalidSpec
        /// The cluster does not answer, does not allow to read, or is not as it must be.
        case cluster
    }

    package let code: Code
    /// Names the thing and the next step.
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { message }
}
