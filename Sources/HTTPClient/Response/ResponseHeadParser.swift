import HTTPTypes

/// Puts an answer's head together from the lines libcurl hands over one by one. Interim answers (1xx) are passed over, and
/// so are trailers, which come in the same way behind the body.
struct ResponseHeadParser {
    /// More than any server sends; a head beyond it is an attack or a mistake.
    static let maximumBytes = 256 * 1024

    /// What a line led to.
    enum Step: Equatable {
        case incomplete
        case complete(ResponseHead)
        case invalid
    }

    private var head: ResponseHead?
    private var isComplete = false
    private var byteCount = 0

    /// Takes one line, with its line break.
    mutating func take(line: some Collection<UInt8>) -> Step {
        guard !isComplete else { return .incomplete }
        byteCount += line.count
        guard byteCount <= Self.maximumBytes else { return .invalid }
        var text = Array(line)
        while let last = text.last, Self.isSpace(last) { text.removeLast() }
        guard !text.isEmpty else { return finish() }
        if text.starts(with: Array("HTTP/".utf8)) {
            head = Self.statusLine(text)
            return head == nil ? .invalid : .incomplete
        }
        guard var head else { return .invalid }
        append(text, to: &head)
        self.head = head
        return .incomplete
    }

    private mutating func finish() -> Step {
        guard let head else { return .invalid }
        if head.status.rawValue < 200 {
            self.head = nil
            return .incomplete
        }
        isComplete = true
        return .complete(head)
    }

    /// `HTTP/1.1 200 OK`, `HTTP/2 200`.
    private static func statusLine(_ text: [UInt8]) -> ResponseHead? {
        let words = text.dropFirst("HTTP/".utf8.count).split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard words.count >= 2, words[1].count == 3, let status = Int(String(decoding: words[1], as: UTF8.self)),
            (100...999).contains(status)
        else { return nil }
        return ResponseHead(
            version: String(decoding: words[0], as: UTF8.self), status: HTTPStatus(rawValue: status))
    }

    private func append(_ text: [UInt8], to head: inout ResponseHead) {
        // Lines without a name are dropped, obsolete folding among them: nothing that is sent today uses it.
        guard let first = text.first, !Self.isSpace(first), let colon = text.firstIndex(of: UInt8(ascii: ":")) else {
            return
        }
        let value = text[(colon + 1)...].drop(while: Self.isSpace)
        head.headers.append(
            String(decoding: text[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a
    }
}
