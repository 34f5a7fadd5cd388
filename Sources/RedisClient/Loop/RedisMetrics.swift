import Observability

/// What is counted of a client. Without a registry nothing is.
struct RedisMetrics: Sendable {
    private let commands: Counter?
    private let reconnects: Counter?
    private let connected: Gauge?
    private let duration: Histogram?

    init(_ registry: MetricsRegistry?) {
        commands = registry?.counter(
            "redis_commands_total", help: "Commands by what became of them.", labels: ["result"])
        reconnects = registry?.counter("redis_reconnects_total", help: "Connections made after one was lost.")
        connected = registry?.gauge("redis_connected", help: "1 while commands go through, else 0.")
        duration = registry?.histogram(
            "redis_command_duration_seconds", help: "From a call to its answer, for calls that were answered.",
            buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1])
    }

    func connected(_ isConnected: Bool) { connected?.set(isConnected ? 1 : 0) }

    func reconnected() { reconnects?.increment() }

    /// A call and what became of each of its commands.
    func count(_ outcome: RedisBatch.Outcome, of commands: Int, took: Duration) {
        guard let counter = self.commands else { return }
        let (replies, error): ([RedisReply], RedisError?) =
            switch outcome {
            case .answered(let replies): (replies, nil)
            case .failed(let error, let replies): (replies, error)
            }
        let refused = replies.count { if case .error = $0 { true } else { false } }
        if replies.count > refused { counter.increment(by: Double(replies.count - refused), ["ok"]) }
        if refused > 0 { counter.increment(by: Double(refused), [Self.label(.refused)]) }
        if let error { counter.increment(by: Double(commands - replies.count), [Self.label(error.code)]) }
        if error == nil { duration?.observe(took) }
    }

    /// Commands that never got into the queue.
    func count(_ error: RedisError, of commands: Int) {
        self.commands?.increment(by: Double(commands), [Self.label(error.code)])
    }

    private static func label(_ code: RedisError.Code) -> String {
        switch code {
        case .refused: "refused"
        case .unavailable, .authentication, .invalidURL: "unavailable"
        case .connectionLost, .malformedReply: "connection_lost"
        case .timedOut: "timed_out"
        case .overloaded: "overloaded"
        case .cancelled: "cancelled"
        case .closed: "closed"
        case .invalidArgument: "invalid"
        case .resources: "resources"
        }
    }
}
