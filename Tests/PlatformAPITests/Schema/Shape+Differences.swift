import JSON

extension Shape {
    /// What differs between a Swift type (this) and the schema: a sentence each.
    func differences(from schema: Shape, at path: String = "") -> [String] {
        switch (self, schema) {
        case (.object(let mine), .object(let others)):
            let names = Set(mine.keys).union(others.keys).sorted()
            return names.flatMap { name -> [String] in
                let path = path.isEmpty ? name : "\(path).\(name)"
                switch (mine[name], others[name]) {
                case (let member?, nil):
                    return ["\(path) (\(member.shape.name)) is in the Swift type and not in the schema"]
                case (nil, let member?):
                    return ["\(path) (\(member.shape.name)) is in the schema and not in the Swift type"]
                case (let mine?, let other?):
                    let necessity =
                        mine.isRequired == other.isRequired
                        ? []
                        : other.isRequired
                            ? ["\(path) is required in the schema and optional in the Swift type"]
                            : ["\(path) is optional in the schema and required in the Swift type"]
                    return necessity + mine.shape.differences(from: other.shape, at: path)
                case (nil, nil): return []
                }
            }
        case (.list(let mine), .list(let other)): return mine.differences(from: other, at: "\(path)[]")
        case (.map(let mine), .map(let other)): return mine.differences(from: other, at: "\(path).*")
        default:
            return self == schema ? [] : ["\(path) is \(schema.name) in the schema and \(name) in the Swift type"]
        }
    }

    /// What differs between this shape and a value that has everything there can be: a sentence each.
    func differences(fromFullValue value: JSONValue, at path: String = "") -> [String] {
        let mismatch = ["\(path) should be \(name) and was encoded as \(value)"]
        switch self {
        case .object(let members):
            guard let encoded = value.objectValue else { return mismatch }
            return Set(members.keys).union(encoded.keys).sorted().flatMap { name -> [String] in
                let path = path.isEmpty ? name : "\(path).\(name)"
                guard let member = members[name] else { return ["\(path) is encoded and not in the schema"] }
                guard let value = encoded[name] else { return ["\(path) is in the schema and not encoded"] }
                return member.shape.differences(fromFullValue: value, at: path)
            }
        case .list(let element):
            guard let encoded = value.arrayValue, !encoded.isEmpty else { return mismatch }
            return encoded.flatMap { element.differences(fromFullValue: $0, at: "\(path)[]") }
        case .map(let element):
            guard let encoded = value.objectValue, !encoded.isEmpty else { return mismatch }
            return encoded.values.flatMap { element.differences(fromFullValue: $0, at: "\(path).*") }
        case .string: return value.stringValue == nil ? mismatch : []
        case .choice(let words): return value.stringValue.map(words.contains) == true ? [] : mismatch
        case .boolean: return value.boolValue == nil ? mismatch : []
        case .integer: return value.intValue == nil ? mismatch : []
        case .number:
            switch value {
            case .int, .double: return []
            default: return mismatch
            }
        case .intOrString: return value.intValue == nil && value.stringValue == nil ? mismatch : []
        case .anything: return []
        }
    }
}
