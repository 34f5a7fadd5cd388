import JSON

extension Shape {
    /// The shape that a schema of a CRD (OpenAPI v3, structural) describes.
    /// - Parameter mayBeNull: whether a null is taken for an absence, as optional members of Swift types do.
    /// - Throws: ``Unknown`` for what cannot be compared, and for names in `required` that no property has.
    init(schema: JSONValue, at path: String = "", mayBeNull: Bool = false) throws {
        func unknown(_ what: String) -> Unknown { Unknown(description: "\(path.isEmpty ? "the root" : path) \(what)") }
        if schema["nullable"] == true, !mayBeNull { throw unknown("is nullable, though it must be there") }
        if schema["x-kubernetes-int-or-string"] == true {
            self = .intOrString
            return
        }
        if schema["x-kubernetes-preserve-unknown-fields"] == true, schema["properties"] == nil {
            self = .anything
            return
        }
        switch schema["type"]?.stringValue {
        case "string":
            guard let words = schema["enum"]?.arrayValue else {
                self = .string
                return
            }
            guard words.allSatisfy({ $0.stringValue != nil }) else { throw unknown("offers more than words") }
            self = .choice(Set(words.compactMap(\.stringValue)))
        case "boolean": self = .boolean
        case "integer": self = .integer
        case "number": self = .number
        case "array":
            guard let items = schema["items"] else { throw unknown("is an array without items") }
            self = .list(try Shape(schema: items, at: "\(path)[]"))
        case "object": self = try Self.object(schema, at: path, unknown: unknown)
        case let other: throw unknown("has the type \(other ?? "nothing")")
        }
    }

    private static func object(
        _ schema: JSONValue, at path: String, unknown: (String) -> Unknown
    ) throws -> Shape {
        switch (schema["properties"]?.objectValue, schema["additionalProperties"]) {
        case (let properties?, nil):
            let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
            for name in required where properties[name] == nil { throw unknown("requires \(name), which it has not") }
            var members: [String: Member] = [:]
            for (name, property) in properties {
                // The object's own metadata: the API server knows what is in there.
                if path.isEmpty, ["apiVersion", "kind", "metadata"].contains(name) { continue }
                let isRequired = required.contains(name)
                let path = path.isEmpty ? name : "\(path).\(name)"
                members[name] = Member(
                    shape: try Shape(schema: property, at: path, mayBeNull: !isRequired), isRequired: isRequired)
            }
            return .object(members)
        case (nil, let values?): return .map(try Shape(schema: values, at: "\(path).*"))
        case (nil, nil): throw unknown("is an object of which nothing is said")
        case (_?, _?): throw unknown("has both properties and additionalProperties")
        }
    }
}
