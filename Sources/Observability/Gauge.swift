import Concurrency

/// A value that goes up and down.
package final class Gauge: MetricFamily {
    private let name: String
    private let help: String
    let labels: [String]
    private let series: Locked<[[String]: Double]>

    init(name: String, help: String, labels: [String]) {
        self.name = name
        self.help = help
        self.labels = labels
        series = Locked(labels.isEmpty ? [[]: 0] : [:])
    }

    package func set(_ value: Double, _ values: [String] = []) {
        precondition(values.count == labels.count, "metric \(name): wrong labels")
        series.withLock { $0[values] = value }
    }

    package func add(_ amount: Double, _ values: [String] = []) {
        precondition(values.count == labels.count, "metric \(name): wrong labels")
        series.withLock { $0[values, default: 0] += amount }
    }

    /// Takes a series away, when what it measured is gone.
    package func remove(_ values: [String]) {
        series.withLock { _ = $0.removeValue(forKey: values) }
    }

    package func value(_ values: [String] = []) -> Double {
        series.withLock { $0[values] ?? 0 }
    }

    func render() -> String {
        let series = series.withLock { $0 }
        return series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .reduce(into: MetricText.header(name, help: help, type: "gauge")) { text, entry in
                text += "\(name)\(MetricText.labels(labels, entry.key)) \(MetricText.number(entry.value))\n"
            }
    }
}
