/// W3C Trace Context, level 1: the header that joins the spans of one message.
enum TraceParent {
    /// `header` when it is a valid `traceparent`, else a new one with random ids, sampled.
    static func from(_ header: String?) -> String {
        if let header, isValid(header) { return header }
        return "00-\(hex(16))-\(hex(8))-01"
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

    private static func hex(_ bytes: Int) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        // Never all zeros: the last digit is drawn from 1...15.
        for _ in 1..<(bytes * 2) { text.append(digits[Int.random(in: 0...15)]) }
        text.append(digits[Int.random(in: 1...15)])
        return String(decoding: text, as: UTF8.self)
    }
}
