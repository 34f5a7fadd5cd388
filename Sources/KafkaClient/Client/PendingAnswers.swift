/// Operations that wait for their event, by the token that librdkafka carries as their opaque.
struct PendingAnswers {
    typealias Answer = @Sendable (Outcome) -> Void

    enum Outcome {
        case event(Event)
        /// The client was closed.
        case closed
        /// Whoever waited has given up.
        case late
    }

    private var answers: [UInt: Answer] = [:]
    private var lastToken: UInt = 0
    private var isClosed = false

    /// The operation's token, never 0; `nil` when closed.
    mutating func add(_ answer: @escaping Answer) -> UInt? {
        guard !isClosed else { return nil }
        lastToken += 1
        answers[lastToken] = answer
        return lastToken
    }

    /// The operation, which now is the caller's to answer; `nil` when someone else took it.
    mutating func take(_ token: UInt) -> Answer? {
        answers.removeValue(forKey: token)
    }

    /// Takes all, for good.
    mutating func close() -> [Answer] {
        isClosed = true
        defer { answers = [:] }
        return Array(answers.values)
    }
}
