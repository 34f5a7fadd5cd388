/// Why there is no answer from Redis, or that it refused a command.
package struct RedisError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure a caller tells apart.
    package enum Code: String, Sendable {
        /// The URL is not one of a server that can be reached.
        case invalidURL
        /// The command is empty, or one that a shared connection cannot carry.
        case invalidArgument
        /// There is no connection at present, and the command was not sent.
        case unavailable
        /// The connection broke; whether the command was carried out is not known.
        case connectionLost
        /// The time ran out; whether the command was carried out is not known.
        case timedOut
        /// Too much is waiting already, and the command was not sent.
        case overloaded
        /// The server answered with an error: ``serverCode`` says which.
        case refused
        /// The server did not take the user or the password. Never thrown alone: the cause of an `unavailable`.
        case authentication
        /// What came back is no answer of Redis.
        case malformedReply
        /// The task was cancelled; whether the command was carried out is not known.
        case cancelled
        /// The client was closed.
        case closed
        /// The system has no thread, memory or file descriptor left.
        case resources
    }

    /// For decisions.
    package let code: Code
    /// What failed, with the server's host and port and, where there is one, the next step. Holds no secrets.
    package let message: String
    /// The first word of the server's refusal: `WRONGTYPE`, `NOSCRIPT`, `OOM`. `nil` when it did not refuse.
    package let serverCode: String?
    /// The error beneath: of an `unavailable` what the connection failed with.
    package let cause: (any Error)?

    init(_ code: Code, _ message: String, serverCode: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.serverCode = serverCode
        self.cause = cause
    }

    /// The server's refusals that pass by themselves.
    private static let passing: Set<String> = ["LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN"]

    /// Whether the same command may do better a little later.
    package var isRetriable: Bool {
        switch code {
        case .unavailable, .connectionLost, .timedOut, .overloaded: true
        case .refused: serverCode.map(Self.passing.contains) ?? false
        case .invalidURL, .invalidArgument, .authentication, .malformedReply, .cancelled, .closed, .resources: false
        }
    }

    package var description: String { "\(message) (\(code.rawValue))" }
}

extension RedisError {
    /// - Parameter text: the server's: a word in capitals, then a sentence.
    static func refused(_ text: String) -> RedisError {
        // What follows repeats the command, which may hold anything.
        let sentence = text.prefix { $0 != "`" && $0 != "'" }.prefix(200)
        let word = text.prefix { $0.isASCII && ($0.isUppercase || $0 == "_") }
        return RedisError(
            .refused, "Redis refused the command: \(sentence)", serverCode: word.isEmpty ? nil : String(word))
    }

    /// - Parameters:
    ///   - server: host and port.
    ///   - cause: what the last attempt to connect, or the connection, failed with; `nil` before the first has ended.
    static func unavailable(_ server: String, _ cause: RedisError?) -> RedisError {
        RedisError(
            .unavailable, "there is no connection to Redis at \(server)\(cause.map { ": \($0.message)" } ?? " yet")",
            cause: cause)
    }

    static func lost(_ server: String, _ cause: RedisError) -> RedisError {
        RedisError(
            .connectionLost, "the connection to Redis at \(server) ended before the answer: \(cause.message)",
            cause: cause)
    }

    static func timedOut(_ server: String, _ limit: Duration) -> RedisError {
        RedisError(.timedOut, "Redis at \(server) did not answer within \(limit)")
    }

    static func closed(_ server: String) -> RedisError {
        RedisError(.closed, "the client of Redis at \(server) was closed")
    }

    static func cancelled(_ server: String) -> RedisError {
        RedisError(.cancelled, "the task that waited for Redis at \(server) was cancelled")
    }
}
