/// A request of the control API that cannot be carried out.
package struct SimulatorError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The bot, user, chat or fault does not exist.
        case notFound = "not_found"
        /// There is one with that id or token already.
        case exists
        /// The request contradicts itself or misses something.
        case invalid
        /// The simulator cannot listen or has been shut down.
        case unavailable
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var isRetriable: Bool { false }
    package var description: String { message }
}
