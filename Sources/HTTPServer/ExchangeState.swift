/// Where a request stands between the two sides that know it: the connection's thread and the handler.
struct ExchangeState: Sendable {
    private enum Phase {
        /// The connection's thread is waiting for the handler's first suspension or is about to suspend the connection.
        case running
        /// The connection is suspended.
        case suspended
        /// There is an answer the connection's thread has not taken yet.
        case answered(HTTPServerResponse)
        /// The answer was taken, or the connection is gone.
        case done
    }

    /// What is to be done with an answer's arrival.
    enum Arrival: Equatable {
        /// Kept for the connection's thread, which is going to ask.
        case kept
        /// Kept; the connection is suspended and must be resumed by the caller.
        case keptForResumption
        /// Too late: another answer came first, or nobody wants one any more.
        case dropped
    }

    private var phase = Phase.running

    /// The handler's answer, or one in its place when it took too long.
    mutating func answer(_ response: HTTPServerResponse) -> Arrival {
        switch phase {
        case .running:
            phase = .answered(response)
            return .kept
        case .suspended:
            phase = .answered(response)
            return .keptForResumption
        case .answered, .done: return .dropped
        }
    }

    /// The connection has just been suspended. False when the answer came meanwhile: the caller resumes it.
    mutating func suspended() -> Bool {
        guard case .running = phase else { return false }
        phase = .suspended
        return true
    }

    /// The answer, once.
    mutating func take() -> HTTPServerResponse? {
        guard case .answered(let response) = phase else { return nil }
        phase = .done
        return response
    }

    /// The request is over. True when a handler's answer will no longer be wanted.
    mutating func close() -> Bool {
        defer { phase = .done }
        if case .running = phase { return true }
        return false
    }
}
