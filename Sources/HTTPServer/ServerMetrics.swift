import Concurrency
import HTTPTypes
import Observability

/// What a server counts.
struct ServerMetrics: Sendable {
    private let server: String
    private let requests: Counter
    private let durations: Histogram
    private let connections: Gauge
    private let refusals: Counter
    private let routes = Locked<[String: RouteSeries]>([:])

    /// The series of one route, so that they need not be looked up by their labels for each answer.
    private struct RouteSeries: Sendable {
        let durations: Histogram.Series
        /// By class of status.
        var requests: [Int: Counter.Series] = [:]
    }

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
        let statusClass = if case .abort = response.content { 0 } else { response.status.rawValue / 100 }
        let (request, time) = routes.withLock { routes -> (Counter.Series, Histogram.Series) in
            var series = routes[route] ?? RouteSeries(durations: durations.series([server, route]))
            let status = statusClass == 0 ? "aborted" : "\(statusClass)xx"
            let request = series.requests[statusClass] ?? requests.series([server, route, status])
            if series.requests.updateValue(request, forKey: statusClass) == nil { routes[route] = series }
            return (request, series.durations)
        }
        request.increment()
        time.observe(duration)
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
