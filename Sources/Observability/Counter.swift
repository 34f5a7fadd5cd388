import Concurrency
import Synchronization

/// A count that only grows.
package final class Counter: MetricFamily {
    /// One series of a counter. Kept by whoever counts often: it need not be looked up by its labels each time.
    package final class Series: Sendable {
        /// The bits of a `Double`.
        private let bits = Atomic<UInt64>(0)

        /// The present count.
        package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

        /// Adds `amount`, which is not negative.
        package func increment(by amount: Double = 1) {
            precondition(amount >= 0, "counters only grow")
            var old = bits.load(ordering: .relaxed)
            while true {
                let new = (Double(bitPattern: old) + amount).bitPattern
                let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
                if exchanged { return }
                old = original
            }
        }
    }

    private let name: String
    private let help: String
    let labels: [String]
    private let all: Locked<[[String]: Series]>

    init(name: String, help: String, labels: [String]) {
        self.name = name
        self.help = help
        self.labels = labels
        // A metric without labels exists from the start, so that its absence never has to be told from zero.
        all = Locked(labels.isEmpty ? [[]: Series()] : [:])
    }

    /// Adds `amount` (not negative) to the series of these label values, one for each label.
    package func increment(by amount: Double = 1, _ values: [String] = []) {
        // Under the lock, so that a series that is taken away at the same time is made anew.
        all.withLock { series(of: values, in: &$0).increment(by: amount) }
    }

    /// The series of these label values, one for each label; made when it is not there. What is counted in it after
    /// ``remove(_:)`` is not shown any more.
    package func series(_ values: [String] = []) -> Series { all.withLock { series(of: values, in: &$0) } }

    /// Takes a series away, when what it counted is gone.
    package func remove(_ values: [String]) {
        all.withLock { _ = $0.removeValue(forKey: values) }
    }

    /// How many series there are.
    package var seriesCount: Int { all.withLock { $0.count } }

    /// The present count, for tests and benchmarks.
    package func value(_ values: [String] = []) -> Double {
        all.withLock { $0[values]?.value ?? 0 }
    }

    private func series(of values: [String], in all: inout [[String]: Series]) -> Series {
        if let known = all[values] { return known }
        precondition(values.count == labels.count, "metric \(name): wrong labels")
        let new = Series()
        all[values] = new
        return new
    }

    func render() -> String {
        let all = all.withLock { $0 }
        return all.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .reduce(into: MetricText.header(name, help: help, type: "counter")) { text, entry in
                text += "\(name)\(MetricText.labels(labels, entry.key)) \(MetricText.number(entry.value.value))\n"
            }
    }
}
