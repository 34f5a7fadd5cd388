import JSON

/// Finds the byte ranges of members and elements in JSON without decoding it: stores pick out of a watch event or a list
/// what they want themselves. Does not validate what it skips.
enum JSONSlices {
    /// The ranges of the values of an object's members, by name.
    ///
    /// - Parameter range: where the object stands; white space around it is allowed.
    static func members(of bytes: [UInt8], in range: Range<Int>) throws(KubernetesError) -> [String: Range<Int>] {
        var scanner = Scanner(bytes: bytes, index: range.lowerBound, end: range.upperBound)
        try scanner.expect(UInt8(ascii: "{"))
        var members: [String: Range<Int>] = [:]
        guard !scanner.take(UInt8(ascii: "}")) else { return members }
        repeat {
            let name = try scanner.skipValue()
            try scanner.expect(UInt8(ascii: ":"))
            // Names that matter here hold no escapes; one with escapes is simply not found.
            members[String(decoding: bytes[name].dropFirst().dropLast(), as: UTF8.self)] = try scanner.skipValue()
        } while scanner.take(UInt8(ascii: ","))
        try scanner.expect(UInt8(ascii: "}"))
        return members
    }

    /// The ranges of an array's elements; `null` has none.
    static func elements(of bytes: [UInt8], in range: Range<Int>) throws(KubernetesError) -> [Range<Int>] {
        var scanner = Scanner(bytes: bytes, index: range.lowerBound, end: range.upperBound)
        if bytes[range].elementsEqual(Array("null".utf8)) { return [] }
        try scanner.expect(UInt8(ascii: "["))
        var elements: [Range<Int>] = []
        guard !scanner.take(UInt8(ascii: "]")) else { return elements }
        repeat { elements.append(try scanner.skipValue()) } while scanner.take(UInt8(ascii: ","))
        try scanner.expect(UInt8(ascii: "]"))
        return elements
    }

    /// The text of a string without escapes that stands at `range`, quotes included; `nil` when it is no such.
    static func plainString(of bytes: [UInt8], in range: Range<Int>) -> String? {
        let slice = bytes[range]
        guard slice.count >= 2, slice.first == UInt8(ascii: "\""), !slice.contains(UInt8(ascii: "\\")) else {
            return nil
        }
        return String(decoding: slice.dropFirst().dropLast(), as: UTF8.self)
    }

    /// The object with string members put in front, save those it has already.
    static func adding(_ wanted: [(String, String)], to bytes: [UInt8]) throws(KubernetesError) -> [UInt8] {
        let present = try members(of: bytes, in: 0..<bytes.count)
        let missing = wanted.filter { present[$0.0] == nil }
        guard !missing.isEmpty, let brace = bytes.firstIndex(of: UInt8(ascii: "{")) else { return bytes }
        var front = "{"
        for (index, member) in missing.enumerated() {
            if index > 0 { front += "," }
            JSONText.append(member.0, to: &front)
            front += ":"
            JSONText.append(member.1, to: &front)
        }
        if !present.isEmpty { front += "," }
        return Array(front.utf8) + bytes[(brace + 1)...]
    }

    private struct Scanner {
        let bytes: [UInt8]
        var index: Int
        let end: Int

        mutating func skipSpace() {
            while index < end, Self.isSpace(bytes[index]) { index += 1 }
        }

        /// Takes the byte if it comes next behind white space.
        mutating func take(_ byte: UInt8) -> Bool {
            skipSpace()
            guard index < end, bytes[index] == byte else { return false }
            index += 1
            return true
        }

        mutating func expect(_ byte: UInt8) throws(KubernetesError) {
            guard take(byte) else { throw malformed() }
        }

        /// The range of the value that comes next; depth is counted, not recursed into.
        mutating func skipValue() throws(KubernetesError) -> Range<Int> {
            skipSpace()
            let start = index
            var depth = 0
            repeat {
                guard index < end else { throw malformed() }
                switch bytes[index] {
                case UInt8(ascii: "\""):
                    try skipString()
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    guard depth >= 0 else { throw malformed() }
                case UInt8(ascii: ","), UInt8(ascii: ":"):
                    guard depth > 0 else { throw malformed() }
                case 0x20, 0x09, 0x0A, 0x0D: break
                default:
                    if depth == 0 {
                        skipWord()
                        continue
                    }
                }
                index += 1
            } while depth > 0
            return start..<index
        }

        private mutating func skipString() throws(KubernetesError) {
            index += 1
            while index < end {
                switch bytes[index] {
                case UInt8(ascii: "\""):
                    index += 1
                    return
                case UInt8(ascii: "\\"): index += 2
                default: index += 1
                }
            }
            throw malformed()
        }

        /// A number, `true`, `false` or `null`.
        private mutating func skipWord() {
            while index < end, !Self.endsWord(bytes[index]) { index += 1 }
        }

        private static func isSpace(_ byte: UInt8) -> Bool {
            byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
        }

        private static func endsWord(_ byte: UInt8) -> Bool {
            isSpace(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "]")
                || byte == UInt8(ascii: "}")
        }

        private func malformed() -> KubernetesError {
            KubernetesError(.decoding, "The server sent JSON that is broken at byte \(index).")
        }
    }
}
