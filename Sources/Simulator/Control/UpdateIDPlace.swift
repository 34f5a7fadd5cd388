/// Finds the digits of `update_id` in an Update, so that its other bytes can stay as they are.
enum UpdateIDPlace {
    /// The range of the value of the root object's member `update_id`. The text must be well-formed JSON.
    static func find(in bytes: [UInt8]) -> Range<Int>? {
        let name = Array("\"update_id\"".utf8)
        var depth = 0
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let end = stringEnd(bytes, from: index)
                if depth == 1, bytes[index..<end].elementsEqual(name), let value = value(bytes, behind: end) {
                    return value
                }
                index = end
                continue
            default: break
            }
            index += 1
        }
        return nil
    }

    /// Behind the closing quote.
    private static func stringEnd(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, bytes.count)
    }

    /// The number behind a colon; `nil` when there is no colon, as behind a string that is a value.
    private static func value(_ bytes: [UInt8], behind start: Int) -> Range<Int>? {
        let isSpace = { (byte: UInt8) in [0x20, 0x09, 0x0a, 0x0d].contains(byte) }
        var index = start
        while index < bytes.count, isSpace(bytes[index]) { index += 1 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { return nil }
        index += 1
        while index < bytes.count, isSpace(bytes[index]) { index += 1 }
        let first = index
        while index < bytes.count, bytes[index] == UInt8(ascii: "-") || (0x30...0x39).contains(bytes[index]) {
            index += 1
        }
        return index > first ? first..<index : nil
    }
}
