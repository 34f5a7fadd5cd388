/// Looks for members of a JSON object in bytes that may break off: what is not whole is not found. Nothing is decoded that
/// is not asked for, and nothing is checked beyond what it takes to find the members' ends.
package enum JSONMembers {
    /// The value of a member, as it stands there; of several the first. `nil` when there is none, or its name is written
    /// with escapes.
    package static func find(_ name: String, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        find([name], in: bytes)[name]
    }

    /// The values of these members, as they stand there; of several of a name the first.
    package static func find(_ names: Set<String>, in bytes: ArraySlice<UInt8>) -> [String: ArraySlice<UInt8>] {
        var found: [String: ArraySlice<UInt8>] = [:]
        var index = skipSpace(bytes, bytes.startIndex)
        guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "{") else { return [:] }
        index += 1
        while found.count < names.count {
            index = skipSpace(bytes, index)
            guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "\""), let keyEnd = stringEnd(bytes, index)
            else { return found }
            let key = String(decoding: bytes[index + 1..<keyEnd - 1], as: UTF8.self)
            index = skipSpace(bytes, keyEnd)
            guard index < bytes.endIndex, bytes[index] == UInt8(ascii: ":") else { return found }
            index = skipSpace(bytes, index + 1)
            guard let end = valueEnd(bytes, index) else { return found }
            if names.contains(key), found[key] == nil { found[key] = bytes[index..<end] }
            index = skipSpace(bytes, end)
            guard index < bytes.endIndex, bytes[index] == UInt8(ascii: ",") else { return found }
            index += 1
        }
        return found
    }

    /// How many elements an array has; `nil` for what is no array, or not whole.
    package static func count(_ bytes: ArraySlice<UInt8>) -> Int? {
        var index = skipSpace(bytes, bytes.startIndex)
        guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "[") else { return nil }
        index = skipSpace(bytes, index + 1)
        guard index < bytes.endIndex else { return nil }
        if bytes[index] == UInt8(ascii: "]") { return 0 }
        var count = 0
        while let end = valueEnd(bytes, index) {
            count += 1
            index = skipSpace(bytes, end)
            guard index < bytes.endIndex else { return nil }
            if bytes[index] == UInt8(ascii: "]") { return count }
            guard bytes[index] == UInt8(ascii: ",") else { return nil }
            index = skipSpace(bytes, index + 1)
        }
        return nil
    }

    private static func skipSpace(_ bytes: ArraySlice<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < bytes.endIndex, isSpace(bytes[index]) { index += 1 }
        return index
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    /// Behind the value that begins at `start`; `nil` when it does not end.
    private static func valueEnd(_ bytes: ArraySlice<UInt8>, _ start: Int) -> Int? {
        guard start < bytes.endIndex else { return nil }
        switch bytes[start] {
        case UInt8(ascii: "\""): return stringEnd(bytes, start)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return containerEnd(bytes, start)
        default:
            let end = bytes[start...].firstIndex {
                isSpace($0) || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "]")
            }
            // At the end of the bytes nobody knows whether a number goes on.
            return end.flatMap { $0 > start ? $0 : nil }
        }
    }

    private static func stringEnd(_ bytes: ArraySlice<UInt8>, _ start: Int) -> Int? {
        var index = start + 1
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "\""): return index + 1
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        return nil
    }

    private static func containerEnd(_ bytes: ArraySlice<UInt8>, _ start: Int) -> Int? {
        var depth = 0
        var index = start
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                guard let end = stringEnd(bytes, index) else { return nil }
                index = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
            index += 1
        }
        return nil
    }
}
