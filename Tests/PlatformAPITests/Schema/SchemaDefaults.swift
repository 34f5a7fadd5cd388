import JSON

/// The defaults that a schema states, and what the API server makes of an object by them.
enum SchemaDefaults {
    /// The object with the defaults filled in, as the API server does it: from the outside in, so that a default within
    /// an object that is absent counts only when that object has a default itself.
    static func fill(_ value: JSONValue, by schema: JSONValue) -> JSONValue {
        switch value {
        case .object(var members):
            for (name, property) in schema["properties"]?.objectValue ?? [:] {
                if members[name] == nil { members[name] = property["default"] }
                if let member = members[name] { members[name] = fill(member, by: property) }
            }
            return .object(members)
        case .array(let elements):
            guard let items = schema["items"] else { return value }
            return .array(elements.map { fill($0, by: items) })
        default: return value
        }
    }

    /// The defaults of all fields that are no objects, by path: "scaling.minReplicas".
    static func leaves(of schema: JSONValue, at path: String = "") -> [String: JSONValue] {
        var result: [String: JSONValue] = [:]
        for (name, property) in schema["properties"]?.objectValue ?? [:] {
            let path = path.isEmpty ? name : "\(path).\(name)"
            if let value = property["default"], value.objectValue == nil { result[path] = value }
            result.merge(leaves(of: property, at: path)) { first, _ in first }
        }
        if let items = schema["items"] {
            result.merge(leaves(of: items, at: "\(path)[]")) { first, _ in first }
        }
        return result
    }
}
