import Observability

/// What the simulator counts for Prometheus.
struct SimulatorMetrics: Sendable {
    let calls: Counter
    let deliveries: Counter

    init(_ registry: MetricsRegistry) {
        calls = registry.counter(
            "simulator_calls_total", help: "Calls of the Bot API by the status they were answered with.",
            labels: ["status"])
        deliveries = registry.counter(
            "simulator_deliveries_total", help: "Tries to deliver an update to a webhook.", labels: ["outcome"])
    }
}
