import Concurrency

/// A distribution in cumulative buckets.
package final class Histogram: MetricFamily {
    /// Upper bounds in seconds from 1 ms to 30 s.
    package static let latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    /// One series of a histogram. Kept by whoever measures often: it need not be looked up by its labels each time.
    package final class Series: Sendable {
        struct Observations: Sendable {
            /// Not cumulative.
            var counts: [Int]
            var sum = 0.0
            var count = 0
        }

        private let buckets: [Double]
        private let state: Locked<Observations>

        init(_ buckets: [Double]) {
            self.buckets = buckets
            state = Locked(Observations(counts: Array(repeating: 0, count: buckets.count)))
        }

        var observations: Observations { state.withLock { $0 } }

        /// Counts one observation in the metric's unit.
        package func observe(_ value: Double) {
            let bucket = buckets.firstIndex { value <= $0 }
            state.withLock { state in
                if let bucket { state.counts[bucket] += 1 }
                state.sum += value
                state.count += 1
            }
        }

        /// Counts a duration in seconds.
        package func observe(_ duration: Duration) { observe(duration.seconds) }
    }

    private let name: String
    private let help: String
    let labels: [String]
    private let buckets: [Double]
    private let all: Locked<[[String]: Series]>

    init(name: String, help: String, labels: [String], buckets: [Double]) {
        precondition(zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 }, "metric \(name): buckets must rise")
        self.name = name
        self.help = help
        self.labels = labels
        self.buckets = buckets
        all = Locked(labels.isEmpty ? [[]: Series(buckets)] : [:])
    }

    /// Counts one observation in the metric's unit.
    package func observe(_ value: Double, _ values: [String] = []) {
        // Under the lock, so that a series that is taken away at the same time is made anew.
        all.withLock { series(of: values, in: &$0).observe(value) }
    }

    /// Counts a duration in seconds.
    package func observe(_ duration: Duration, _ values: [String] = []) {
        observe(duration.seconds, values)
    }

    /// The series of these label values, one for each label; made when it is not there. What is observed in it after
    /// ``remove(_:)`` is not shown any more.
    package func series(_ values: [String] = []) -> Series { all.withLock { series(of: values, in: &$0) } }

    /// Takes a series away, when what it measured is gone.
    package func remove(_ values: [String]) {
        all.withLock { _ = $0.removeValue(forKey: values) }
    }

    /// How many observations there were, for tests.
    package func count(_ values: [String] = []) -> Int {
        all.withLock { $0[values]?.observations.count ?? 0 }
    }

    private func series(of values: [String], in all: inout [[String]: Series]) -> Series {
        if let known = all[values] { return known }
        precondition(values.count == labels.count, "metric \(name): wrong labels")
        let new = Series(buckets)
        all[values] = new
        return new
    }

    func render() -> String {
        let all = all.withLock { $0 }
        return all.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .reduce(into: MetricText.header(name, help: help, type: "histogram")) { text, entry in
                let series = entry.value.observations
                var cumulative = 0
                for (bound, count) in zip(buckets, series.counts) {
                    cumulative += count
                    let labels = MetricText.labels(labels, entry.key, extra: ("le", MetricText.number(bound)))
                    text += "\(name)_bucket\(labels) \(cumulative)\n"
                }
                let infinite = MetricText.labels(labels, entry.key, extra: ("le", "+Inf"))
                let plain = MetricText.labels(labels, entry.key)
                text += "\(name)_bucket\(infinite) \(series.count)\n"
                text += "\(name)_sum\(plain) \(MetricText.number(series.sum))\n"
                text += "\(name)_count\(plain) \(series.count)\n"
            }
    }
}
