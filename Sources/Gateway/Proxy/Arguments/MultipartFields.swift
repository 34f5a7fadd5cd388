/// The fields of `multipart/form-data` (RFC 7578) in bytes that may break off: parts that are not whole, and files, are left
/// out.
enum MultipartFields {
    /// - Parameter contentType: of the request, with the boundary.
    static func parse(_ bytes: [UInt8], contentType: String) -> [(name: String, value: String)] {
        guard let boundary = parameter("boundary", of: contentType), !boundary.isEmpty else { return [] }
        let delimiter = Array("\r\n--\(boundary)".utf8)
        // The first one stands at the beginning, or behind a preamble.
        guard var position = find(delimiter.dropFirst(2), in: bytes, from: 0).map({ $0 + delimiter.count - 2 }) else {
            return []
        }
        var fields: [(name: String, value: String)] = []
        while let headStart = find([13, 10], in: bytes, from: position),
            let headEnd = find([13, 10, 13, 10], in: bytes, from: headStart)
        {
            let head = headStart + 2 <= headEnd ? bytes[headStart + 2..<headEnd] : []
            let start = headEnd + 4
            guard let end = find(delimiter[...], in: bytes, from: max(start - 2, 0)) else { break }
            if let name = fieldName(String(decoding: head, as: UTF8.self)), end >= start {
                fields.append((name: name, value: String(decoding: bytes[start..<end], as: UTF8.self)))
            }
            position = end + delimiter.count
        }
        return fields
    }

    /// The name of a part that is not a file.
    private static func fieldName(_ head: String) -> String? {
        for line in head.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":"),
                line[..<colon].lowercased() == "content-disposition"
            else { continue }
            let value = String(line[line.index(after: colon)...])
            guard parameter("filename", of: value) == nil, parameter("filename*", of: value) == nil else { return nil }
            return parameter("name", of: value)
        }
        return nil
    }

    /// A parameter of a header field, quoted or not.
    private static func parameter(_ name: String, of field: String) -> String? {
        var rest = field.utf8[...]
        while let semicolon = rest.firstIndex(of: UInt8(ascii: ";")) {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == UInt8(ascii: " ") }
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let found = String(Substring(rest[..<equals])).lowercased()
            rest = rest[rest.index(after: equals)...]
            let value = takeValue(&rest)
            if found == name { return value }
        }
        return nil
    }

    private static func takeValue(_ rest: inout Substring.UTF8View) -> String {
        var value: [UInt8] = []
        guard rest.first == UInt8(ascii: "\"") else {
            while let byte = rest.first, byte != UInt8(ascii: ";"), byte != UInt8(ascii: " ") {
                value.append(byte)
                rest = rest.dropFirst()
            }
            return String(decoding: value, as: UTF8.self)
        }
        rest = rest.dropFirst()
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                value.append(escaped)
            } else {
                value.append(byte)
            }
        }
        return String(decoding: value, as: UTF8.self)
    }

    private static func find(_ pattern: ArraySlice<UInt8>, in bytes: [UInt8], from start: Int) -> Int? {
        guard let first = pattern.first, start >= 0, bytes.count >= pattern.count else { return nil }
        let last = bytes.count - pattern.count
        var index = start
        while index <= last {
            guard let hit = bytes[index...last].firstIndex(of: first) else { return nil }
            if bytes[hit..<hit + pattern.count].elementsEqual(pattern) { return hit }
            index = hit + 1
        }
        return nil
    }
}
