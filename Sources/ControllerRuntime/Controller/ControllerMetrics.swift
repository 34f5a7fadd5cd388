import Observability

/// What the controllers of a process tell of themselves, by their names.
struct ControllerMetrics: Sendable {
    private let name: String
    private let reconciles: Counter
    private let errors: Counter
    private let duration: Histogram
    private let active: Gauge
    private let waiting: Gauge

    init(_ registry: MetricsRegistry, controller name: String) {
        self.name = name
        reconciles = registry.counter(
            "controller_reconciles_total", help: "Reconciles ended, by result", labels: ["controller", "result"])
        errors = registry.counter(
            "controller_reconcile_errors_total", help: "Reconciles that failed", labels: ["controller"])
        duration = registry.histogram(
            "controller_reconcile_seconds", help: "Time a reconcile took", labels: ["controller"])
        active = registry.gauge("controller_active_reconciles", help: "Reconciles running", labels: ["controller"])
        waiting = registry.gauge(
            "controller_waiting_reconciles", help: "Reconciles that wait for others and have given their worker away",
            labels: ["controller"])
        errors.increment(by: 0, [name])
        waiting.set(0, [name])
        active.set(0, [name])
    }

    func record(waiting: Int) { self.waiting.set(Double(waiting), [name]) }

    func begin() { active.add(1, [name]) }

    func end(_ result: String, failed: Bool, after duration: Duration) {
        active.add(-1, [name])
        self.duration.observe(duration, [name])
        reconciles.increment([name, result])
        if failed { errors.increment([name]) }
    }
}
