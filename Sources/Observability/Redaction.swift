/// Takes bot tokens out of text that people will read. A second line of defence: the first is not to pass them on.
package enum Redaction {
    /// The shortest run after the colon that is taken for a token's secret part (real ones have 35 characters).
    private static let shortestSecret = 30

    /// `text` with the secret part of everything that looks like a bot token (`<digits>:<30 or more of A-Za-z0-9_->`,
    /// the colon possibly percent-encoded) replaced by `***`.
    package static func mask(_ text: String) -> String {
        guard text.utf8.count > shortestSecret else { return text }
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var copied = 0
        var index = 0
        while index < bytes.count {
            guard let start = secretStart(bytes, colonAt: index) else {
                index += 1
                continue
            }
            var end = start
            while end < bytes.count, isSecretByte(bytes[end]) { end += 1 }
            if end - start >= shortestSecret {
                output += bytes[copied..<start]
                output += Array("***".utf8)
                copied = end
            }
            index = end
        }
        guard copied > 0 else { return text }
        output += bytes[copied...]
        return String(decoding: output, as: UTF8.self)
    }

    /// Where the secret part would begin if `bytes[index]` were the colon of a token: a colon, or `%3A`, behind a digit.
    private static func secretStart(_ bytes: [UInt8], colonAt index: Int) -> Int? {
        guard index > 0, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index - 1]) else { return nil }
        if bytes[index] == UInt8(ascii: ":") { return index + 1 }
        guard index + 2 < bytes.count, bytes[index] == UInt8(ascii: "%"), bytes[index + 1] == UInt8(ascii: "3"),
            bytes[index + 2] | 0x20 == UInt8(ascii: "a")
        else { return nil }
        return index + 3
    }

    private static func isSecretByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
