/// Pieces of the Prometheus text format 0.0.4.
enum MetricText {
    static func header(_ name: String, help: String, type: String) -> String {
        let help = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    /// `{a="x",b="y"}`, or nothing when there are no labels.
    static func labels(_ names: [String], _ values: [String], extra: (String, String)? = nil) -> String {
        var pairs = zip(names, values).map { "\($0)=\"\(escape($1))\"" }
        if let extra { pairs.append("\(extra.0)=\"\(extra.1)\"") }
        return pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    static func isName(_ text: String) -> Bool {
        isLabelName(text.replacing(":", with: "_"))
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`; names with two underscores in front are Prometheus's own.
    static func isLabelName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !isDigit(first), !text.hasPrefix("__") else { return false }
        return text.utf8.allSatisfy { byte in
            isDigit(byte) || byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    static func number(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return "\(value)"
    }

    private static func escape(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
