import Concurrency

/// A count that only grows.
package final class Counter: MetricFamily {
    private let name: String
    private let help: String
    let labels: [String]
    private let series: Locked<[[String]: Double]>

    init(name: String, help: String, labels: [String]) {
        self.name = name
        self.help = help
        self.labels = labels
        // A metric without labels exists from the start, so that its absence never has to be told from zero.
        series = Locked(labels.isEmpty ? [[]: 0] : [:])
    }

    /// Adds `amount` (not negative) to the series of these label values, one for each label.
    package func increment(by amount: Double = 1, _ values: [String] = []) {
        precondition(values.count == labels.count && amount >= 0, "metric \(name): wrong labels or amount")
        series.withLock { $0[values, default: 0] += amount }
    }

    /// Takes a series away, when what it counted is gone.
    package func remove(_ values: [String]) {
        series.withLock { _ = $0.removeValue(forKey: values) }
    }

    /// How many series there are.
    package var seriesCount: Int { series.withLock { $0.count } }

    /// The present count, for tests and benchmarks.
    package func value(_ values: [String] = []) -> Double {
        series.withLock { $0[values] ?? 0 }
    }

    func render() -> String {
        let series = series.withLock { $0 }
        return series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .reduce(into: MetricText.header(name, help: help, type: "counter")) { text, entry in
                text += "\(name)\(MetricText.labels(labels, entry.key)) \(MetricText.number(entry.value))\n"
            }
    }
}
