import Concurrency

/// A distribution in cumulative buckets.
package final class Histogram: MetricFamily {
    /// Upper bounds in seconds from 1 ms to 30 s.
    package static let latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    private struct Series: Sendable {
        var counts: [Int]
        var sum = 0.0
        var count = 0
    }

    private let name: String
    private let help: String
    let labels: [String]
    private let buckets: [Double]
    private let series: Locked<[[String]: Series]>

    init(name: String, help: String, labels: [String], buckets: [Double]) {
        precondition(zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 }, "metric \(name): buckets must rise")
        self.name = name
        self.help = help
        self.labels = labels
        self.buckets = buckets
        series = Locked(labels.isEmpty ? [[]: Series(counts: Array(repeating: 0, count: buckets.count))] : [:])
    }

    /// Counts one observation in the metric's unit.
    package func observe(_ value: Double, _ values: [String] = []) {
        precondition(values.count == labels.count, "metric \(name): wrong labels")
        let bucket = buckets.firstIndex { value <= $0 }
        let size = buckets.count
        series.withLock { all in
            var series = all.removeValue(forKey: values) ?? Series(counts: Array(repeating: 0, count: size))
            if let bucket { series.counts[bucket] += 1 }
            series.sum += value
            series.count += 1
            all[values] = series
        }
    }

    /// Counts a duration in seconds.
    package func observe(_ duration: Duration, _ values: [String] = []) {
        observe(duration.seconds, values)
    }

    /// Takes a series away, when what it measured is gone.
    package func remove(_ values: [String]) {
        series.withLock { _ = $0.removeValue(forKey: values) }
    }

    /// How many observations there were, for tests.
    package func count(_ values: [String] = []) -> Int {
        series.withLock { $0[values]?.count ?? 0 }
    }

    func render() -> String {
        let series = series.withLock { $0 }
        return series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .reduce(into: MetricText.header(name, help: help, type: "histogram")) { text, entry in
                var cumulative = 0
                for (bound, count) in zip(buckets, entry.value.counts) {
                    cumulative += count
                    let labels = MetricText.labels(labels, entry.key, extra: ("le", MetricText.number(bound)))
                    text += "\(name)_bucket\(labels) \(cumulative)\n"
                }
                let infinite = MetricText.labels(labels, entry.key, extra: ("le", "+Inf"))
                let plain = MetricText.labels(labels, entry.key)
                text += "\(name)_bucket\(infinite) \(entry.value.count)\n"
                text += "\(name)_sum\(plain) \(MetricText.number(entry.value.sum))\n"
                text += "\(name)_count\(plain) \(entry.value.count)\n"
            }
    }
}
