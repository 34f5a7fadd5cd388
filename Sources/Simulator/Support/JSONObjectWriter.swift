import JSON

/// Writes a JSON object member by member, in the order in which Telegram's own answers have them.
struct JSONObjectWriter {
    fileprivate var text = "{"

    /// A member whose value is JSON text already.
    mutating func add(_ name: String, raw value: String) {
        if text.utf8.count > 1 { text += "," }
        JSONText.append(name, to: &text)
        text += ":"
        text += value
    }

    mutating func add(_ name: String, _ value: String) {
        var quoted = ""
        JSONText.append(value, to: &quoted)
        add(name, raw: quoted)
    }

    mutating func add(_ name: String, _ value: Int64) { add(name, raw: "\(value)") }
    mutating func add(_ name: String, _ value: Bool) { add(name, raw: value ? "true" : "false") }
    mutating func add(_ name: String, _ value: JSONValue) { add(name, raw: value.text) }

    mutating func addIfPresent(_ name: String, _ value: String?) {
        if let value { add(name, value) }
    }

    /// The object's text.
    consuming func finish() -> String {
        text += "}"
        return text
    }

    /// An object made in one go.
    static func object(_ body: (inout JSONObjectWriter) -> Void) -> String {
        var writer = JSONObjectWriter()
        body(&writer)
        return writer.finish()
    }

    /// An array of texts that are JSON already.
    static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }
}

extension JSONObjectWriter {
    /// Members that are written already, without the braces: `"text":"Hi"`.
    mutating func addMembers(_ members: String) {
        guard !members.isEmpty else { return }
        if text.utf8.count > 1 { text += "," }
        text += members
    }

    /// Only the members, for use with ``addMembers(_:)``.
    static func members(_ body: (inout JSONObjectWriter) -> Void) -> String {
        var writer = JSONObjectWriter()
        body(&writer)
        return String(writer.text.dropFirst())
    }
}
