package import Observability

/// The gateway's metrics; `docs/gateway.md` describes each.
package struct GatewayMetrics: Sendable {
    /// Webhook requests by `result`: see ``WebhookHandler``.
    package let webhooks: Counter
    /// Seconds from a webhook request to its answer.
    package let webhookDuration: Histogram
    /// Outgoing records by `result`: `delivered`, `dead_letter`.
    package let outgoing: Counter
    /// Results of calls that were asked for, by `result`: `written`, `no_topic`.
    package let results: Counter
    /// Calls that will be made again.
    package let outgoingRetries: Counter
    /// Seconds of one Bot API call.
    package let outgoingDuration: Histogram
    /// What single bots do.
    package let bots: BotMetrics
    /// Bots that are carried.
    package let bindings: Gauge
    /// Binding Secrets that could not be read.
    package let malformedBindings: Counter
    /// Signals to wake a bot by `result`: `sent`, `failed`.
    package let wakeSignals: Counter

    /// Updates that were acknowledged at once and then did not get to Kafka.
    package let lostUpdates: Counter
    /// Requests to the Bot API proxy by `result`: see ``ProxyHandler``.
    package let proxyRequests: Counter
    /// Seconds from a request to the proxy to the head of its answer, polls left out.
    package let proxyDuration: Histogram
    /// Bots that ask for their updates.
    package let polledBots: Gauge
    /// Updates that were given out to them, repetitions included.
    package let polledUpdates: Counter

    /// Questions about updates to what the replicas share that were not answered.
    package let sharedUpdatesFailures: Counter

    /// - Parameter maxBots: bots with series of their own.
    package init(_ registry: MetricsRegistry, maxBots: Int = BotMetrics.defaultMaximum) {
        bots = BotMetrics(registry, maximum: maxBots)
        webhooks = registry.counter(
            "tgs_gateway_webhook_requests_total", help: "Webhook requests by what became of them.", labels: ["result"])
        webhookDuration = registry.histogram(
            "tgs_gateway_webhook_duration_seconds", help: "From a webhook request to its answer.")
        outgoing = registry.counter(
            "tgs_gateway_outgoing_total", help: "Outgoing records by what became of them.", labels: ["result"])
        results = registry.counter(
            "tgs_gateway_results_total", help: "Results of calls that were asked for, by what became of them.",
            labels: ["result"])
        outgoingRetries = registry.counter(
            "tgs_gateway_outgoing_retries_total", help: "Bot API calls that will be made again.")
        outgoingDuration = registry.histogram(
            "tgs_gateway_bot_api_duration_seconds", help: "Duration of one Bot API call.")
        bindings = registry.gauge("tgs_gateway_bindings", help: "Bots that this gateway carries.")
        wakeSignals = registry.counter(
            "tgs_gateway_wake_signals_total", help: "Signals to the operator that a bot has an update.",
            labels: ["result"])
        lostUpdates = registry.counter(
            "tgs_gateway_lost_updates_total",
            help: "Updates that were acknowledged at once and then did not get to Kafka.")
        sharedUpdatesFailures = registry.counter(
            "tgs_gateway_shared_updates_failures_total",
            help: "Questions to Redis whether an update is a duplicate that were not answered.")
        proxyRequests = registry.counter(
            "tgs_gateway_proxy_requests_total", help: "Requests to the Bot API proxy by what became of them.",
            labels: ["result"])
        proxyDuration = registry.histogram(
            "tgs_gateway_proxy_duration_seconds", help: "From a request to the Bot API proxy to its answer.")
        polledBots = registry.gauge(
            "tgs_gateway_proxy_polled_bots", help: "Bots that ask this gateway for their updates.")
        polledUpdates = registry.counter(
            "tgs_gateway_proxy_polled_updates_total", help: "Updates given out to bots that ask for them.")
        malformedBindings = registry.counter(
            "tgs_gateway_malformed_bindings_total", help: "Binding Secrets that could not be read.")
    }
}
