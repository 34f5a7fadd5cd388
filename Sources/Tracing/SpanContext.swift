/// Where a span stands among all: its trace, itself, and whether it is told. What a `traceparent` says (W3C Trace Context, level
/// 1).
package struct SpanContext: Sendable, Equatable {
    /// The upper half of the trace's id.
    package let traceHigh: UInt64
    /// The lower half.
    package let traceLow: UInt64
    package let spanID: UInt64
    package let isSampled: Bool

    package init(traceHigh: UInt64, traceLow: UInt64, spanID: UInt64, isSampled: Bool) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// Reads a `traceparent`; `nil` for what is none.
    package init?(traceparent: String) {
        let bytes = Array(traceparent.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes.count == 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = Self.number(bytes[0..<2]), version != 0xff, let traceHigh = Self.number(bytes[3..<19]),
            let traceLow = Self.number(bytes[19..<35]), let spanID = Self.number(bytes[36..<52]),
            let flags = Self.number(bytes[53..<55]), traceHigh | traceLow != 0, spanID != 0
        else { return nil }
        self.init(traceHigh: traceHigh, traceLow: traceLow, spanID: spanID, isSampled: flags & 1 == 1)
    }

    /// As a header.
    package var traceparent: String { "00-\(traceID)-\(Self.hex(spanID))-\(isSampled ? "01" : "00")" }

    /// 32 hexadecimal digits.
    package var traceID: String { Self.hex(traceHigh) + Self.hex(traceLow) }

    /// 16 hexadecimal digits.
    package static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Hexadecimal digits in lower case, 16 at the most.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}
