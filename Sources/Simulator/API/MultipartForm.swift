/// `multipart/form-data`, RFC 7578, as far as clients of the Bot API use it.
enum MultipartForm {
    struct Part: Sendable {
        var name: String
        /// Present: the part is a file.
        var filename: String?
        var contentType: String?
        var body: [UInt8]
    }

    /// The parts in their order; `nil` when the body is not what its content type says.
    static func parse(_ body: [UInt8], contentType: String) -> [Part]? {
        guard let boundary = parameter("boundary", of: contentType), !boundary.isEmpty else { return nil }
        let delimiter = Array("--\(boundary)".utf8)
        var parts: [Part] = []
        guard var position = find(delimiter, in: body, from: 0) else { return nil }
        while true {
            position += delimiter.count
            if body.dropFirst(position).starts(with: Array("--".utf8)) { return parts }
            guard let lineEnd = find([13, 10], in: body, from: position),
                let headEnd = find([13, 10, 13, 10], in: body, from: lineEnd),
                let next = find([13, 10] + delimiter, in: body, from: headEnd + 2)
            else { return nil }
            let head =
                headEnd > lineEnd
                ? String(decoding: body[(lineEnd + 2)..<max(headEnd, lineEnd + 2)], as: UTF8.self) : ""
            let content = headEnd + 4 <= next ? Array(body[(headEnd + 4)..<next]) : []
            guard let part = part(head: head, body: content) else { return nil }
            parts.append(part)
            position = next + 2
        }
    }

    private static func part(head: String, body: [UInt8]) -> Part? {
        var part = Part(name: "", filename: nil, contentType: nil, body: body)
        var isNamed = false
        for line in head.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = String(line[line.index(after: colon)...].drop { $0 == " " })
            switch line[..<colon].lowercased() {
            case "content-disposition":
                guard let name = parameter("name", of: value) else { return nil }
                part.name = name
                part.filename = parameter("filename", of: value)
                isNamed = true
            case "content-type": part.contentType = value
            default: break
            }
        }
        return isNamed ? part : nil
    }

    /// A parameter of a header field, quoted or not.
    private static func parameter(_ name: String, of field: String) -> String? {
        var rest = field.utf8[...]
        // Skips from semicolon to semicolon, minding quotes.
        while let semicolon = rest.firstIndex(of: UInt8(ascii: ";")) {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == UInt8(ascii: " ") }
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let found = String(Substring(rest[..<equals])).lowercased()
            rest = rest[rest.index(after: equals)...]
            var value: [UInt8] = []
            if rest.first == UInt8(ascii: "\"") {
                rest = rest.dropFirst()
                while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                    if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                        value.append(escaped)
                    } else {
                        value.append(byte)
                    }
                }
            } else {
                while let byte = rest.first, byte != UInt8(ascii: ";"), byte != UInt8(ascii: " ") {
                    value.append(byte)
                    rest = rest.dropFirst()
                }
            }
            if found == name { return String(decoding: value, as: UTF8.self) }
        }
        return nil
    }

    private static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard let first = pattern.first, start >= 0, bytes.count >= pattern.count else { return nil }
        var index = start
        while index <= bytes.count - pattern.count {
            guard let hit = bytes[index...(bytes.count - pattern.count)].firstIndex(of: first) else { return nil }
            if bytes[hit..<hit + pattern.count].elementsEqual(pattern) { return hit }
            index = hit + 1
        }
        return nil
    }
}
