import JSON

/// The type of a scalar that is written without quotes, as Kubernetes' own tools take it: YAML 1.1's words for booleans,
/// numbers in all their spellings, and dates as text.
enum ScalarResolver {
    /// - Returns: `nil` for numbers that JSON cannot write: infinities and not-a-number.
    static func resolve(_ text: String) -> JSONValue? {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y": return .bool(true)
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N": return .bool(false)
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
            return nil
        default: return number(text) ?? .string(text)
        }
    }

    private static func number(_ text: String) -> JSONValue? {
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return nil }
        let plain = text.filter { $0 != "_" }
        return integer(plain) ?? (isDecimalFloat(plain) ? Double(plain).map { .double($0) } : nil)
    }

    /// Decimal, 0x, 0o, 0b, and octal with a leading zero.
    private static func integer(_ text: String) -> JSONValue? {
        var digits = text[...]
        var sign = ""
        if let first = digits.first, first == "-" || first == "+" {
            sign = first == "-" ? "-" : ""
            digits.removeFirst()
        }
        var radix = 10
        for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
            radix = base
            digits = digits.dropFirst(2)
        }
        if radix == 10, digits.count > 1, digits.first == "0", digits.allSatisfy({ ("0"..."7").contains($0) }) {
            radix = 8
        }
        guard let first = digits.first, first != "+", first != "-" else { return nil }
        return Int64(sign + digits, radix: radix).map { .int($0) }
    }

    /// Digits with at most one point and an exponent; what `Double` takes besides ("infinity", "0x1p3") is text here.
    private static func isDecimalFloat(_ text: String) -> Bool {
        var digits = 0
        var points = 0
        var rest = text.utf8[...]
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { rest.removeFirst() }
        while let byte = rest.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
            if byte == UInt8(ascii: ".") {
                points += 1
            } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                digits += 1
            } else {
                return false
            }
            rest.removeFirst()
        }
        guard digits > 0, points <= 1 else { return false }
        guard !rest.isEmpty else { return true }
        rest.removeFirst()
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { rest.removeFirst() }
        return !rest.isEmpty && rest.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
