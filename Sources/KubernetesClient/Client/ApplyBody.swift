/// The body of a server-side apply. API servers read it as YAML whatever it is, and not all JSON is YAML to them: `\/`,
/// surrogate pairs as escapes, and some characters that JSON lets stand.
enum ApplyBody {
    /// The same JSON, spelled so that a YAML 1.1 reader gets the same values.
    static func yamlSafe(_ json: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(json.count)
        var index = 0
        while index < json.count {
            switch json[index] {
            case UInt8(ascii: "\\") where index + 1 < json.count:
                index += escape(json, at: index, to: &output)
            case 0x7F:
                output += Array("\\u007f".utf8)
                index += 1
            // U+0080 to U+009F.
            case 0xC2 where index + 1 < json.count && json[index + 1] < 0xA0:
                output += Array("\\u00\(String(json[index + 1], radix: 16))".utf8)
                index += 2
            // U+2028 and U+2029, YAML's line breaks, and U+FEFF, the byte order mark.
            case 0xE2 where follows(json, index, [0x80, 0xA8]):
                output += Array("\\u2028".utf8)
                index += 3
            case 0xE2 where follows(json, index, [0x80, 0xA9]):
                output += Array("\\u2029".utf8)
                index += 3
            case 0xEF where follows(json, index, [0xBB, 0xBF]):
                output += Array("\\ufeff".utf8)
                index += 3
            default:
                output.append(json[index])
                index += 1
            }
        }
        return output
    }

    /// Writes the escape sequence that begins at `index`; answers its length.
    private static func escape(_ json: [UInt8], at index: Int, to output: inout [UInt8]) -> Int {
        if json[index + 1] == UInt8(ascii: "/") {
            output.append(UInt8(ascii: "/"))
            return 2
        }
        if let high = unit(json, at: index), (0xD800...0xDBFF).contains(high), let low = unit(json, at: index + 6),
            (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
        {
            output += Array(String(Character(scalar)).utf8)
            return 12
        }
        output += json[index...(index + 1)]
        return 2
    }

    /// The UTF-16 unit of a `\uXXXX` at `index`.
    private static func unit(_ json: [UInt8], at index: Int) -> UInt16? {
        guard index + 6 <= json.count, json[index] == UInt8(ascii: "\\"), json[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return UInt16(String(decoding: json[(index + 2)..<(index + 6)], as: UTF8.self), radix: 16)
    }

    private static func follows(_ json: [UInt8], _ index: Int, _ bytes: [UInt8]) -> Bool {
        index + bytes.count < json.count && json[(index + 1)...].starts(with: bytes)
    }
}
