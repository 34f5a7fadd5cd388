/// Prometheus' text format, as far as sums need it.
enum MetricText {
    /// The sum of a metric's samples.
    /// - Parameter isMeant: whether the sample with these labels, as text, counts.
    static func sum(_ name: String, in text: String, where isMeant: (Substring) -> Bool) -> Double {
        text.split(separator: "\n").reduce(0) { sum, line in
            guard line.hasPrefix(name), let space = line.lastIndex(of: " ") else { return sum }
            let labels = line[..<space].dropFirst(name.count)
            guard labels.isEmpty || labels.first == "{", isMeant(labels) else { return sum }
            return sum + (Double(line[space...].dropFirst()) ?? 0)
        }
    }
}
