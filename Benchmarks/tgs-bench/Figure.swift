/// One measured number, beside what it is to be compared with.
struct Figure: Codable, Sendable {
    /// A number that another program, or a lower layer alone, reached in the same run.
    struct Reference: Codable, Sendable {
        let name: String
        let value: Double
    }

    let section: String
    let name: String
    let value: Double
    /// Of the value and of the reference.
    let unit: String
    let reference: Reference?
    /// The value divided by the reference.
    let ratio: Double?

    init(
        _ section: BenchOptions.Section, _ name: String, _ value: Double, _ unit: String,
        beside reference: (String, Double)? = nil
    ) {
        self.section = section.rawValue
        self.name = name
        self.value = value
        self.unit = unit
        self.reference = reference.map { Reference(name: $0.0, value: $0.1) }
        ratio = reference.flatMap { $0.1 > 0 ? value / $0.1 : nil }
    }
}
