import Concurrency
package import HTTPClient
import HTTPTypes
package import Observability

/// Sends spans to a collector by OTLP over HTTP, in the JSON encoding, beside all other work: a collector that is away or slow costs
/// spans, which are counted, and nothing else.
package final class SpanExporter: Service {
    package let name = "span exporter"

    private struct State: Sendable {
        var waiting: [Span] = []
        var isStopping = false
    }

    /// How a batch ended.
    private enum Outcome {
        case done
        /// It may do better later.
        case again(String)
        case refused(String)
    }

    private static let batchSize = 512
    private static let interval = Duration.milliseconds(500)
    private static let attempts = 5

    private let settings: TracingSettings
    private let http: HTTPClient
    private let logger: Logger
    private let spans: Counter
    private let capacity: Int
    private let farewell: Duration
    private let throttle = LogThrottle(interval: .seconds(60))
    private let state = Locked(State())

    /// - Parameters:
    ///   - metrics: counts `tracing_spans_total{result}`: `exported`, `dropped` for want of room, `failed`.
    ///   - capacity: spans that may wait; what comes beyond is dropped.
    ///   - farewell: how long the last spans are tried to be sent at the end.
    package init(
        _ settings: TracingSettings, http: HTTPClient, logger: Logger, metrics: MetricsRegistry, capacity: Int = 8192,
        farewell: Duration = .seconds(5)
    ) {
        self.capacity = capacity
        self.farewell = farewell
        self.settings = settings
        self.http = http
        self.logger = logger
        spans = metrics.counter(
            "tracing_spans_total", help: "Spans by what became of them.", labels: ["result"])
    }

    /// Makes spans that this sends.
    package var tracer: Tracer { Tracer(ratio: settings.ratio) { [self] in take($0) } }

    /// Takes a span, or drops it when too many wait.
    private func take(_ span: Span) {
        let isTaken = state.withLock { state in
            guard state.waiting.count < capacity else { return false }
            state.waiting.append(span)
            return true
        }
        if !isTaken { spans.increment(["dropped"]) }
    }

    package func run() async throws {
        while !state.withLock({ $0.isStopping }) {
            guard await sleepUnlessCancelled(for: Self.interval) else { return }
            while await sendBatch() {}
        }
        // What cannot be sent by then is gone.
        let sending = Task { while await self.sendBatch() {} }
        let timer = Task {
            if await sleepUnlessCancelled(for: self.farewell) { sending.cancel() }
        }
        await sending.value
        timer.cancel()
        let left = state.withLock { $0.waiting.count }
        if left > 0 { spans.increment(by: Double(left), ["failed"]) }
    }

    /// - Returns: `false` when the end came first.
    private func pause(for duration: Duration) async -> Bool {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            if state.withLock({ $0.isStopping }) { return false }
            guard await sleepUnlessCancelled(for: .milliseconds(100)) else { return false }
        }
        return true
    }

    package func shutdown() async { state.withLock { $0.isStopping = true } }

    /// - Returns: `false` when nothing waits any more.
    private func sendBatch() async -> Bool {
        let batch = state.withLock { state in
            let batch = Array(state.waiting.prefix(Self.batchSize))
            state.waiting.removeFirst(batch.count)
            return batch
        }
        guard !batch.isEmpty, !Task.isCancelled else { return false }
        let body = OTLP.encode(batch, resource: settings.resource)
        var backoff = Backoff(base: .seconds(1), maximum: .seconds(30))
        for attempt in 1... {
            let reason: String
            switch await send(body) {
            case .done:
                spans.increment(by: Double(batch.count), ["exported"])
                return true
            case .again(let why):
                reason = why
                if attempt < Self.attempts, await pause(for: backoff.next()) { continue }
            case .refused(let why): reason = why
            }
            spans.increment(by: Double(batch.count), ["failed"])
            if let count = throttle.due(times: batch.count) {
                logger.warning(
                    "spans could not be given to the collector", ["spans": .int(count), "error": .string(reason)])
            }
            break
        }
        return !state.withLock { $0.isStopping }
    }

    private func send(_ body: [UInt8]) async -> Outcome {
        var headers = settings.headers
        headers["Content-Type"] = "application/json"
        do {
            let response = try await http.execute(
                HTTPRequest(
                    .post, settings.endpoint, headers: headers, body: .bytes(body), timeout: .seconds(10)))
            if response.status.isSuccess { return .done }
            // The others would be refused again.
            let isRetriable = [429, 502, 503, 504].contains(response.status.rawValue)
            return isRetriable ? .again("HTTP \(response.status)") : .refused("HTTP \(response.status)")
        } catch {
            return .again("\(error)")
        }
    }
}
