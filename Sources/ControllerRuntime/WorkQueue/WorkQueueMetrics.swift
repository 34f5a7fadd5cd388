package import Observability

/// What a work queue tells of itself. The label `queue` is the controller's name.
package struct WorkQueueMetrics: Sendable {
    private let labels: [String]
    private let depth: Gauge
    private let delayed: Gauge
    private let adds: Counter
    private let retries: Counter

    package init(_ registry: MetricsRegistry, queue: String) {
        labels = [queue]
        depth = registry.gauge("workqueue_depth", help: "Keys in line", labels: ["queue"])
        delayed = registry.gauge("workqueue_delayed", help: "Keys waiting for a time", labels: ["queue"])
        adds = registry.counter("workqueue_adds_total", help: "Keys put in line", labels: ["queue"])
        retries = registry.counter(
            "workqueue_retries_total", help: "Keys put back after a failure", labels: ["queue"])
        depth.set(0, labels)
        delayed.set(0, labels)
        adds.increment(by: 0, labels)
        retries.increment(by: 0, labels)
    }

    func record(depth: Int, delayed: Int, added: Int) {
        self.depth.set(Double(depth), labels)
        self.delayed.set(Double(delayed), labels)
        if added > 0 { adds.increment(by: Double(added), labels) }
    }

    func recordRetry() {
        retries.increment(labels)
    }
}
