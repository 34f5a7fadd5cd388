import Observability

/// What the reflectors of a process tell of themselves, by kind.
struct ReflectorMetrics: Sendable {
    private let labels: [String]
    private let watchRestarts: Counter
    private let relists: Counter
    private let failures: Counter
    private let undecodable: Counter
    private let objects: Gauge

    init(_ registry: MetricsRegistry, kind: String) {
        labels = [kind]
        watchRestarts = registry.counter(
            "reflector_watch_restarts_total", help: "Watches taken up again", labels: ["kind"])
        relists = registry.counter("reflector_relists_total", help: "Lists after the first", labels: ["kind"])
        failures = registry.counter("reflector_failures_total", help: "Failed lists and watches", labels: ["kind"])
        undecodable = registry.counter(
            "reflector_undecodable_objects_total", help: "Objects that could not be read", labels: ["kind"])
        objects = registry.gauge("store_objects", help: "Objects in the store", labels: ["kind"])
        for counter in [watchRestarts, relists, failures, undecodable] { counter.increment(by: 0, labels) }
    }

    func recordWatchRestart() { watchRestarts.increment(labels) }
    func recordRelist() { relists.increment(labels) }
    func recordFailure() { failures.increment(labels) }
    func recordUndecodable() { undecodable.increment(labels) }
    func record(objects count: Int) { objects.set(Double(count), labels) }
}
