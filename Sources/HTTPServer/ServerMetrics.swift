import HTTPTypes
import Observability

/// What a server counts.
struct ServerMetrics: Sendable {
    private let server: String
    private let requests: Counter
    private let durations: Histogram
    private let connections: Gauge
    private let refusals: Counter

    init(_ registry: MetricsRegistry, server: String) {
        self.server = server
        requests = registry.counter(
            "http_server_requests_total", help: "Requests answered, by route and class of status.",
            labels: ["server", "route", "status"])
        durations = registry.histogram(
            "http_server_request_duration_seconds", help: "From a request's last byte to its answer.",
            labels: ["server", "route"])
        refusals = registry.counter(
            "http_server_refusals_total", help: "Requests and connections that got to no handler, by the reason.",
            labels: ["server", "reason"])
        connections = registry.gauge(
            "http_server_connections", help: "Open connections.", labels: ["server"])
    }

    /// Counts an answer. Targets without a route are one series: clients must not be able to make series.
    func answered(_ response: HTTPServerResponse, after duration: Duration) {
        let route = response.route ?? "none"
        let status =
            if case .abort = response.content { "aborted" } else { "\(response.status.rawValue / 100)xx" }
        requests.increment([server, route, status])
        durations.observe(duration, [server, route])
    }

    /// Counts a request that was answered without a handler: not understood, or too large.
    func refused(_ status: HTTPStatus) {
        requests.increment([server, "none", "\(status.rawValue / 100)xx"])
    }

    /// Counts why a request or a connection got to no handler.
    func refused(_ reason: Refusal) { refusals.increment([server, reason.rawValue]) }

    func connectionOpened() { connections.add(1, [server]) }
    func connectionClosed() { connections.add(-1, [server]) }
}
