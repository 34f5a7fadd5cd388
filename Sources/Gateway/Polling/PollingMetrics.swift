package import Observability

/// The metrics of polling; `docs/gateway.md` describes each.
package struct PollingMetrics: Sendable {
    /// Calls of `getUpdates` by `result`: `updates`, `empty`, or the trouble.
    package let polls: Counter
    /// Updates that were asked for by `result`.
    package let updates: Counter
    /// Bots that this replica polls.
    package let bots: Gauge
    /// Shards that this replica holds.
    package let shards: Gauge

    package init(_ registry: MetricsRegistry) {
        polls = registry.counter(
            "tgs_gateway_polls_total", help: "Calls of getUpdates by what became of them.", labels: ["result"])
        updates = registry.counter(
            "tgs_gateway_polled_updates_total", help: "Updates that were asked for, by what became of them.",
            labels: ["result"])
        bots = registry.gauge("tgs_gateway_polled_bots", help: "Bots that this replica polls.")
        shards = registry.gauge("tgs_gateway_polling_shards", help: "Shares of the polled bots that this replica has.")
    }
}
