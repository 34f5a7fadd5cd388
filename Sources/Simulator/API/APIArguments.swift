import JSON

/// The arguments of a call. When one is given twice, the first counts; those of the query stand before the body's.
struct APIArguments: Sendable {
    private(set) var values: [String: JSONValue] = [:]
    private(set) var files: [String: UploadedFile] = [:]

    mutating func add(_ name: String, _ value: JSONValue) {
        if values[name] == nil, files[name] == nil { values[name] = value }
    }

    mutating func add(_ name: String, _ file: UploadedFile) {
        if values[name] == nil, files[name] == nil { files[name] = file }
    }

    /// The arguments but one.
    func without(_ name: String) -> APIArguments {
        var copy = self
        copy.values[name] = nil
        return copy
    }

    func isPresent(_ name: String) -> Bool { values[name] != nil || files[name] != nil }

    /// The argument as text: numbers and objects of a JSON request in their JSON spelling. Empty when absent or null.
    func string(_ name: String) -> String {
        switch values[name] {
        case nil, .null?: ""
        case .string(let text)?: text
        case let value?: value.text
        }
    }

    func int(_ name: String) -> Int64? {
        switch values[name] {
        case .int(let number)?: number
        case .double(let number)?: Int64(exactly: number)
        case .string(let text)?: Int64(text)
        default: nil
        }
    }

    /// Telegram's reading of booleans: `true`, `yes` and `1` in any case.
    func bool(_ name: String) -> Bool {
        if let value = values[name]?.boolValue { return value }
        return ["true", "yes", "1"].contains(string(name).lowercased())
    }

    /// The argument as a JSON value, also when it came as JSON text in a string. `nil` when absent or no JSON.
    func json(_ name: String) -> JSONValue? {
        guard let value = values[name] else { return nil }
        guard case .string(let text) = value else { return value }
        return JSONValue.parse(Array(text.utf8))
    }

    /// All of them for the record: files by their description only.
    var recorded: JSONValue {
        var members = values
        for (name, file) in files {
            members[name] = [
                "filename": .string(file.name), "content_type": .string(file.contentType),
                "size": .int(Int64(file.bytes.count)),
            ]
        }
        return .object(members)
    }
}
