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

    /// A new trace, that is told.
    package static func random() -> SpanContext {
        RandomNumbers.draw { numbers in
            SpanContext(
                traceHigh: numbers.next(), traceLow: .random(in: 1 ... .max, using: &numbers),
                spanID: .random(in: 1 ... .max, using: &numbers), isSampled: true)
        }
    }

    /// Reads a `traceparent`; `nil` for what is none.
    package init?(traceparent: String) {
        guard traceparent.utf8.count == 55 else { return nil }
        let bytes = Array(traceparent.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = Self.number(bytes[0..<2]), version != 0xff, let traceHigh = Self.number(bytes[3..<19]),
            let traceLow = Self.number(bytes[19..<35]), let spanID = Self.number(bytes[36..<52]),
            let flags = Self.number(bytes[53..<55]), traceHigh | traceLow != 0, spanID != 0
        else { return nil }
        self.init(traceHigh: traceHigh, traceLow: traceLow, spanID: spanID, isSampled: flags & 1 == 1)
    }

    /// As a header.
    package var traceparent: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(55)
        bytes += "00-".utf8
        Self.append(traceHigh, to: &bytes)
        Self.append(traceLow, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.append(spanID, to: &bytes)
        bytes += (isSampled ? "-01" : "-00").utf8
        return String(decoding: bytes, as: UTF8.self)
    }

    /// 32 hexadecimal digits.
    package var traceID: String { Self.hex(traceHigh) + Self.hex(traceLow) }

    /// 16 hexadecimal digits.
    package static func hex(_ number: UInt64) -> String {
        var bytes: [UInt8] = []
        append(number, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> shift) & 15
            bytes.append(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
        }
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
