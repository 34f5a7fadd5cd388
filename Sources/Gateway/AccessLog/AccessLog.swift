import Concurrency
package import Observability
import Tracing

/// A line of the log for a request that was served: what failed always (within reason), what went well as a sample. Never what
/// people wrote.
///
/// Which of those that went well are told depends on their trace's id alone, so that all lines of one trace are there, or none.
package struct AccessLog: Sendable {
    /// Unless the settings say otherwise.
    package static let defaultSample = 0.01

    private let logger: Logger
    private let threshold: UInt64
    private let budget = Locked(LineBudget())

    /// - Parameter sample: the part of what went well that is told, 0...1.
    package init(_ logger: Logger, sample: Double = AccessLog.defaultSample) {
        self.logger = logger
        threshold = sample >= 1 ? .max : UInt64(max(0, sample) * 0x1p64)
    }

    /// Writes the line of a request that has ended, if it is to be told.
    /// - Parameters:
    ///   - route: where it came in, of few different ones: "webhook".
    ///   - result: what became of it, of few different ones.
    ///   - traceparent: the trace that it belongs to; its id is the line's `trace_id`.
    ///   - fields: what else is known of it, asked for only when it is told: `request_id`, `bot_id`, `telegram_user_id`.
    package func write(
        _ route: String, result: String, isError: Bool, traceparent: String?, latency: Duration,
        _ fields: @autoclosure () -> [String: LogValue]
    ) {
        guard logger.level <= (isError ? .warning : .info), isError || threshold > 0 else { return }
        let context = traceparent.flatMap { SpanContext(traceparent: $0) }
        var suppressed = 0
        if isError {
            guard let count = budget.withLock({ $0.take(now: .now) }) else { return }
            suppressed = count
        } else {
            guard (context?.traceLow ?? .random(in: 0 ... .max)) <= threshold else { return }
        }
        var all = fields()
        all["route"] = .string(route)
        all["result"] = .string(result)
        all["latency_ms"] = .double((latency.seconds * 1e6).rounded() / 1e3)
        if let context { all["trace_id"] = .string(context.traceID) }
        if suppressed > 0 { all["suppressed"] = .int(suppressed) }
        if isError { logger.warning("request", all) } else { logger.info("request", all) }
    }
}
