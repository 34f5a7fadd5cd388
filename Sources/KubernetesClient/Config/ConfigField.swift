import FoundationEssentials
import JSON

/// A value in a configuration file, with its place for error messages.
struct ConfigField {
    let file: String
    /// "users[0].user.token"; empty for the whole document.
    let path: String
    let value: JSONValue
    /// Line by path.
    let lines: [String: Int]

    /// The member of that name; `nil` when it is absent or null.
    func member(_ name: String) throws(KubernetesError) -> ConfigField? {
        guard case .object(let members) = value else { throw wrong("must be a mapping") }
        guard let value = members[name], value != .null else { return nil }
        return ConfigField(file: file, path: path.isEmpty ? name : "\(path).\(name)", value: value, lines: lines)
    }

    /// The text of the member of that name; `nil` when it is absent, null or empty.
    func text(_ name: String) throws(KubernetesError) -> String? {
        guard let text = try member(name)?.text() else { return nil }
        return text.isEmpty ? nil : text
    }

    func flag(_ name: String) throws(KubernetesError) -> Bool {
        guard let field = try member(name) else { return false }
        guard let flag = field.value.boolValue else { throw field.wrong("must be true or false") }
        return flag
    }

    /// The elements of the member of that name; none when it is absent.
    func elements(_ name: String) throws(KubernetesError) -> [ConfigField] {
        guard let field = try member(name) else { return [] }
        guard let elements = field.value.arrayValue else { throw field.wrong("must be a list") }
        return elements.enumerated().map { index, value in
            ConfigField(file: file, path: "\(field.path)[\(index)]", value: value, lines: lines)
        }
    }

    /// The decoded bytes of a member in base64.
    func base64(_ name: String) throws(KubernetesError) -> [UInt8]? {
        guard let field = try member(name) else { return nil }
        let text = try field.text()
        guard !text.isEmpty else { return nil }
        guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters), !data.isEmpty else {
            throw field.wrong("must be base64")
        }
        return Array(data)
    }

    func text() throws(KubernetesError) -> String {
        guard let text = value.stringValue else { throw wrong("must be text; put it in quotes") }
        return text
    }

    /// An error that names the place. `what` must not hold the value, which may be secret.
    func wrong(_ what: String) -> KubernetesError {
        let place = lines[path].map { "\(file), line \($0)" } ?? file
        return KubernetesError(.configuration, "\(place): \(path.isEmpty ? "the document" : path) \(what).")
    }

    func missing(_ name: String) -> KubernetesError { wrong("has no \"\(name)\"") }
}
