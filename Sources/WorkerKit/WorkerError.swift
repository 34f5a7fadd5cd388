/// What keeps a worker from its work, or a bot from answering.
public struct WorkerError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failures that a program may want to tell apart.
    public enum Code: String, Sendable {
        /// A variable that the platform sets is missing or unusable.
        case environment
        /// A record of the incoming topic holds no update.
        case malformedUpdate
        /// The update belongs to no chat, so there is nowhere to reply to.
        case noChat
        /// Telegram takes no message without text.
        case emptyText
        /// Parameters of a call cannot be written as JSON.
        case malformedCall
        /// Kafka does not take the answer, and would not take it later: it is too large, for instance.
        case answerRefused
        /// The worker has ended.
        case ended
    }

    /// For decisions.
    public let code: Code
    /// What failed and what to do about it. Holds no message text and no token.
    public let message: String
    /// What lies beneath it, if anything.
    public let cause: (any Error)?
    /// Whether doing the same again later may succeed. An update whose handler throws an error that is not is not tried
    /// again.
    public let isRetriable: Bool

    /// - Parameter cause: what lies beneath it, if anything.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil, isRetriable: Bool = false) {
        self.code = code
        self.message = message
        self.cause = cause
        self.isRetriable = isRetriable
    }

    /// The message and, behind it, the cause.
    public var description: String { cause.map { "\(message): \($0)" } ?? message }
}
