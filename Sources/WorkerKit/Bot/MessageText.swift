/// Texts of messages as Telegram takes them.
enum MessageText {
    /// The longest text of a message, in UTF-16 units.
    static let longest = 4096

    /// Cuts a text into parts that fit, at line breaks or spaces where there are any; never within a character. White
    /// space alone is no text.
    static func parts(of text: String, longest: Int = longest) -> [String] {
        var parts: [String] = []
        var rest = text[...]
        while rest.contains(where: { !$0.isWhitespace }) {
            let part = rest[..<end(of: rest, longest)]
            if part.contains(where: { !$0.isWhitespace }) { parts.append(String(part)) }
            rest = rest[part.endIndex...]
        }
        return parts
    }

    /// Where the first part of `text` ends: behind the last white space that fits, else where it is full.
    private static func end(of text: Substring, _ longest: Int) -> String.Index {
        var length = 0
        var lastSpace: String.Index?
        var index = text.startIndex
        while index < text.endIndex {
            length += text[index].utf16.count
            // A character that is longer than a whole part goes as it is: Telegram will say what it thinks of it.
            if length > longest, index > text.startIndex { return lastSpace ?? index }
            let next = text.index(after: index)
            if text[index].isWhitespace { lastSpace = next }
            index = next
        }
        return text.endIndex
    }
}
