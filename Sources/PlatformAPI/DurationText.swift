/// Durations as Kubernetes users write them: "30s", "2m", "1h30m", "500ms".
package enum DurationText {
    /// `nil` when `text` is not one or more of `<digits><h|m|s|ms>`.
    package static func parse(_ text: String) -> Duration? {
        var rest = Substring(text)
        var total = Duration.zero
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard digits.count <= 9, let value = Int(digits) else { return nil }
            switch unit {
            case "h": total += .seconds(value * 3600)
            case "m": total += .seconds(value * 60)
            case "s": total += .seconds(value)
            case "ms": total += .milliseconds(value)
            default: return nil
            }
        }
        return total
    }
}

extension Duration {
    /// Rounded toward zero; of a duration that ``DurationText`` reads.
    var wholeMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
