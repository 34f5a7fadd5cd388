import FoundationEssentials

/// Files whose text is a value: what a Secret is mounted as.
enum TextFile {
    /// A file that cannot be used.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A file's text without the white space that editors and `echo` leave at its ends.
    static func read(_ path: String) throws(Failure) -> String {
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            // The error itself may quote what it has read.
            throw Failure(description: "\(path) cannot be read: see that it exists and is text")
        }
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { throw Failure(description: "\(path) is empty") }
        return trimmed
    }
}

extension String {
    /// Without spaces, tabs and line ends at both ends.
    fileprivate var trimmed: String {
        let isSpace: (Character) -> Bool = { $0.isNewline || $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
