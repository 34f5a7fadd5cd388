/// W3C Trace Context, level 1: the header that joins the spans of one message.
enum TraceParent {
    /// `header` when it is a valid `traceparent`, else a new one with random ids, sampled.
    static func from(_ header: String?) -> String {
        if let header, isValid(header) { return header }
        return "00-\(hex(.random(in: 0 ... .max)))\(hex(.random(in: 1 ... .max)))-\(hex(.random(in: 1 ... .max)))-01"
    }

    /// "00-" + 32 hex + "-" + 16 hex + "-" + 2 hex, in lower case, neither id all zeros.
    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.map(\.utf8.count) == [2, 32, 16, 2], parts[0] != "ff" else { return false }
        guard parts.allSatisfy({ $0.utf8.allSatisfy(isLowercaseHex) }) else { return false }
        return parts[1].contains { $0 != "0" } && parts[2].contains { $0 != "0" }
    }

    private static func isLowercaseHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    /// 16 digits. A random number each, not a random digit each: every draw is a system call, and 48 of them were a sixth
    /// of the gateway's processor time.
    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
