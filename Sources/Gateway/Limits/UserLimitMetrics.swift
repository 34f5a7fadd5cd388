import Observability

/// The metrics of limits on users; `docs/gateway.md` describes each.
struct UserLimitMetrics: Sendable {
    /// Updates that were not passed on.
    let refused: Counter
    /// Questions to Redis that failed: the update was passed on.
    let failures: Counter

    init(_ registry: MetricsRegistry) {
        refused = registry.counter(
            "tgs_gateway_rate_limited_updates_total", help: "Updates that were too many of one user.")
        failures = registry.counter(
            "tgs_gateway_rate_limit_failures_total", help: "Questions to Redis about limits that failed.")
    }
}
