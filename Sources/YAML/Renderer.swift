import JSON

/// Writes a value in YAML's block style.
struct Renderer {
    private(set) var text = ""

    /// Appends a value that begins on a line of its own.
    mutating func append(_ value: JSONValue, indentation: Int) {
        switch value {
        case .object(let members) where !members.isEmpty:
            for (name, member) in members.sorted(by: { Self.order($0.key, $1.key) }) {
                indent(indentation)
                appendMember(name, member, indentation: indentation)
            }
        case .array(let elements) where !elements.isEmpty:
            for element in elements {
                indent(indentation)
                text += "-"
                appendElement(element, indentation: indentation)
            }
        default:
            indent(indentation)
            text += Self.inline(value)
            text += "\n"
        }
    }

    private mutating func appendMember(_ name: String, _ value: JSONValue, indentation: Int) {
        text += Self.string(name)
        text += ":"
        switch value {
        case .object(let members) where !members.isEmpty:
            text += "\n"
            append(value, indentation: indentation + 2)
        case .array(let elements) where !elements.isEmpty:
            // As kubectl writes them: the dashes stand below the name.
            text += "\n"
            append(value, indentation: indentation)
        case .string(let string) where Self.isBlock(string):
            appendBlock(string, indentation: indentation + 2)
        default:
            text += " "
            text += Self.inline(value)
            text += "\n"
        }
    }

    private mutating func appendElement(_ value: JSONValue, indentation: Int) {
        switch value {
        case .object(let members) where !members.isEmpty:
            // The first member stands behind the dash, the others below it.
            var isFirst = true
            for (name, member) in members.sorted(by: { Self.order($0.key, $1.key) }) {
                if isFirst { text += " " } else { indent(indentation + 2) }
                isFirst = false
                appendMember(name, member, indentation: indentation + 2)
            }
        case .array(let elements) where !elements.isEmpty:
            text += "\n"
            append(value, indentation: indentation + 2)
        case .string(let string) where Self.isBlock(string):
            appendBlock(string, indentation: indentation + 2)
        default:
            text += " "
            text += Self.inline(value)
            text += "\n"
        }
    }

    private mutating func appendBlock(_ string: String, indentation: Int) {
        text += string.hasSuffix("\n") ? " |\n" : " |-\n"
        for line in string.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
            string.hasSuffix("\n") ? 1 : 0)
        {
            if !line.isEmpty {
                indent(indentation)
                text += line
            }
            text += "\n"
        }
    }

    private mutating func indent(_ width: Int) { text += String(repeating: " ", count: width) }

    private static func order(_ a: String, _ b: String) -> Bool {
        func rank(_ name: String) -> Int {
            switch name {
            case "apiVersion": 0
            case "kind": 1
            case "metadata": 2
            case "status": 4
            default: 3
            }
        }
        return (rank(a), a) < (rank(b), b)
    }

    private static func inline(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): "\(number)"
        case .double(let number): number.isFinite ? "\(number)" : "null"
        case .string(let text): string(text)
        case .array: "[]"
        case .object: "{}"
        }
    }

    /// Without quotes when it would be read as the same text, else in double quotes, whose escapes are JSON's.
    private static func string(_ text: String) -> String {
        if isPlain(text) { return text }
        var quoted = ""
        JSONText.append(text, to: &quoted)
        guard quoted.unicodeScalars.contains(where: mustBeEscaped) else { return quoted }
        var escaped = ""
        for scalar in quoted.unicodeScalars {
            if mustBeEscaped(scalar) {
                let hex = String(scalar.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// What JSON lets stand and YAML does not, or takes for a line's end.
    private static func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
        default: false
        }
    }

    private static func isPlain(_ text: String) -> Bool {
        guard case .string = ScalarResolver.resolve(text), let first = text.unicodeScalars.first,
            isLetterOrDigit(first) || first == "/" || first == "_" || first == "." || first == "$",
            text.last != " ", text.last != ":"
        else { return false }
        var previous: Unicode.Scalar = "a"
        for scalar in text.unicodeScalars {
            if previous == ":" && scalar == " " || previous == " " && scalar == "#" { return false }
            guard isLetterOrDigit(scalar) || " -_./:$@=+()<>;~^*!?%&|'\"\\#".unicodeScalars.contains(scalar) else {
                return false
            }
            previous = scalar
        }
        // Document markers.
        return !text.hasPrefix("...")
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
    }

    /// Whether a literal block says the text exactly: several lines of printable text, with no white space at the
    /// beginning (it would set the block's indentation) and one line feed at most at the end.
    private static func isBlock(_ text: String) -> Bool {
        guard text.unicodeScalars.contains("\n"), !text.hasSuffix("\n\n"), let first = text.unicodeScalars.first,
            first != " ", first != "\n", first != "\t"
        else { return false }
        return text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || (0x20...0x7E).contains($0.value) }
    }
}
