/// A request target taken apart, RFC 9112 section 3.2. Never fails: what is not a valid escape stands for itself.
struct RequestTarget {
    /// The path before decoding, beginning with one slash (or "*").
    let encodedPath: String
    let path: String
    let query: [(name: String, value: String)]

    init(_ target: String) {
        if Self.isPlainPath(target) {
            (encodedPath, path, query) = (target, target, [])
            return
        }
        let bytes = Array(target.utf8)
        let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        var start = Self.pathStart(bytes[..<mark])
        // "//drain" is "/drain": a base address that ends in a slash was put before a path that begins with one.
        while start + 1 < mark, bytes[start] == UInt8(ascii: "/"), bytes[start + 1] == UInt8(ascii: "/") { start += 1 }
        if start == mark {
            encodedPath = "/"
        } else if start == 0, mark == bytes.endIndex {
            encodedPath = target
        } else {
            encodedPath = String(decoding: bytes[start..<mark], as: UTF8.self)
        }
        path = Self.decode(encodedPath)
        query = mark == bytes.endIndex ? [] : Self.parameters(bytes[(mark + 1)...])
    }

    /// Whether it is a path and nothing else, that stands for itself.
    private static func isPlainPath(_ target: String) -> Bool {
        let slash = UInt8(ascii: "/")
        guard target.utf8.first == slash, target.utf8.dropFirst().first != slash else { return false }
        return target.utf8.allSatisfy { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "%") }
    }

    /// `text` with its percent escapes resolved; bytes that are no UTF-8 become U+FFFD.
    static func decode(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        return decode(Array(text.utf8)[...], plusIsSpace: false)
    }

    /// Where the path begins: behind the authority when the target is a whole URL, as it is for proxies.
    private static func pathStart(_ bytes: ArraySlice<UInt8>) -> Int {
        guard let first = bytes.first, first != UInt8(ascii: "/"), first != UInt8(ascii: "*") else { return 0 }
        for scheme in ["http://", "https://"] where bytes.starts(with: scheme.utf8) {
            return bytes[scheme.utf8.count...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
        }
        return 0
    }

    /// The parameters of a query or a form, decoded.
    static func parameters(_ bytes: ArraySlice<UInt8>) -> [(name: String, value: String)] {
        bytes.split(separator: UInt8(ascii: "&")).map { pair in
            let mark = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            return (
                name: decode(pair[..<mark], plusIsSpace: true),
                value: decode(pair[mark...].dropFirst(), plusIsSpace: true)
            )
        }
    }

    private static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), index + 2 < bytes.endIndex, let high = hexDigit(bytes[index + 1]),
                let low = hexDigit(bytes[index + 2])
            {
                output.append(high << 4 | low)
                index += 3
            } else {
                output.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
