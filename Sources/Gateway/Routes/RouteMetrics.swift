import Observability

/// The metrics of routes; `docs/gateway.md` describes each.
struct RouteMetrics: Sendable {
    /// Updates of bots with routes by `result`.
    let updates: Counter
    /// Tries to call a service by `result`.
    let calls: Counter
    /// Seconds from a routed update to its answer in Kafka.
    let duration: Histogram
    /// Updates that are with a service now.
    let inFlight: Gauge
    let openCircuits: Gauge
    /// By `state`: `opened`, `closed`.
    let circuitChanges: Counter
    /// Questions to Redis about sessions that failed.
    let sessionFailures: Counter

    init(_ registry: MetricsRegistry) {
        updates = registry.counter(
            "tgs_gateway_routed_updates_total", help: "Updates of bots with routes by what became of them.",
            labels: ["result"])
        calls = registry.counter(
            "tgs_gateway_route_calls_total", help: "Calls of routes' services by what came of them.", labels: ["result"]
        )
        duration = registry.histogram(
            "tgs_gateway_route_duration_seconds", help: "From a routed update to its answer in Kafka.")
        inFlight = registry.gauge(
            "tgs_gateway_routed_updates_in_flight", help: "Updates that a service is asked about.")
        openCircuits = registry.gauge(
            "tgs_gateway_route_circuits_open", help: "Services that are left alone because they failed.")
        circuitChanges = registry.counter(
            "tgs_gateway_route_circuit_changes_total",
            help: "Services that began to be left alone, or to be asked again.",
            labels: ["state"])
        sessionFailures = registry.counter(
            "tgs_gateway_session_failures_total", help: "Questions to Redis about sessions that failed.")
    }
}
