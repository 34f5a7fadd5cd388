/// Finds a member of a JSON object without changing a byte of it. For text that a decoder has accepted already.
package enum MemberScanner {
    /// Where the value of the outermost object's member `name` stands; of several the last, as decoders have it. `nil`
    /// when there is none, or its name is written with escapes.
    package static func value(of name: String, in json: [UInt8]) -> Range<Int>? {
        let wanted = Array("\"\(name)\"".utf8)
        var found: Range<Int>?
        var depth = 0
        var index = 0
        /// Where the member began whose name was wanted.
        var start: Int?
        var expectsName = false
        while index < json.count {
            switch json[index] {
            case UInt8(ascii: "\""):
                let end = endOfString(json, from: index)
                if depth == 1 && expectsName && json[index..<end].elementsEqual(wanted) {
                    start = valueStart(json, behindName: end)
                    index = start ?? end
                } else {
                    index = end
                }
                if depth == 1 { expectsName = false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                expectsName = depth == 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0, let begun = start { found = trimmed(json, begun..<index) }
            case UInt8(ascii: ",") where depth == 1:
                if let begun = start { found = trimmed(json, begun..<index) }
                start = nil
                expectsName = true
            default: break
            }
            index += 1
        }
        return found
    }

    private static func endOfString(_ json: [UInt8], from quote: Int) -> Int {
        var index = quote + 1
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, json.count)
    }

    private static func valueStart(_ json: [UInt8], behindName end: Int) -> Int {
        var index = end
        while index < json.count, isSpace(json[index]) || json[index] == UInt8(ascii: ":") { index += 1 }
        return index
    }

    private static func trimmed(_ json: [UInt8], _ range: Range<Int>) -> Range<Int> {
        var end = range.upperBound
        while end > range.lowerBound, isSpace(json[end - 1]) { end -= 1 }
        return range.lowerBound..<end
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }
}
