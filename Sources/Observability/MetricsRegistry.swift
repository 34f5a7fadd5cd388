import Concurrency

/// The metrics of one process, rendered in the Prometheus text format 0.0.4.
///
/// Ask for a metric once and keep it: asking again for the same name gives the same metric.
package final class MetricsRegistry: Sendable {
    private let families = Locked<[String: any MetricFamily]>([:])

    package init() {}

    /// A count that only grows. By convention its name ends in `_total`.
    package func counter(_ name: String, help: String, labels: [String] = []) -> Counter {
        family(name, labels) { Counter(name: name, help: help, labels: labels) }
    }

    /// A value that goes up and down.
    package func gauge(_ name: String, help: String, labels: [String] = []) -> Gauge {
        family(name, labels) { Gauge(name: name, help: help, labels: labels) }
    }

    /// A distribution. By convention its unit is seconds or bytes and its name ends in it.
    /// - Parameter buckets: upper bounds in rising order, without infinity.
    package func histogram(
        _ name: String, help: String, labels: [String] = [], buckets: [Double] = Histogram.latencyBuckets
    ) -> Histogram {
        precondition(!labels.contains("le"), "metric \(name): the label le is the histogram's own")
        return family(name, labels) { Histogram(name: name, help: help, labels: labels, buckets: buckets) }
    }

    /// The exposition, families in the order of their names.
    package func render() -> String {
        let families = families.withLock { $0 }
        return families.sorted { $0.key < $1.key }.map { $0.value.render() }.joined()
    }

    private func family<Family: MetricFamily>(_ name: String, _ labels: [String], _ make: () -> Family) -> Family {
        precondition(MetricText.isName(name), "\(name) is no name for a metric")
        precondition(
            labels.allSatisfy(MetricText.isLabelName) && Set(labels).count == labels.count,
            "metric \(name): the labels are no names, or not different ones")
        let family = families.withLock { families -> any MetricFamily in
            if let known = families[name] { return known }
            let new = make()
            families[name] = new
            return new
        }
        guard let family = family as? Family, family.labels == labels else {
            preconditionFailure("metric \(name) is registered as another type or with other labels")
        }
        return family
    }
}

/// All series of one metric name.
protocol MetricFamily: AnyObject, Sendable {
    /// The names of its labels, in the order of their values.
    var labels: [String] { get }

    func render() -> String
}
