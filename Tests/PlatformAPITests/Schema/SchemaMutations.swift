import JSON

/// Schemas that differ from a given one in one thing, to see that the comparison finds each.
enum SchemaMutations {
    /// A changed schema, and what was changed.
    struct Mutation {
        let what: String
        let schema: JSONValue
    }

    /// All of them: each field taken away, given another type, made required or optional; each object given one more
    /// field; each choice given one more word and one less.
    static func all(of schema: JSONValue, at path: String = "") -> [Mutation] {
        var result = here(schema, at: path)
        for (name, property) in schema["properties"]?.objectValue ?? [:] {
            if path.isEmpty, ["apiVersion", "kind", "metadata"].contains(name) { continue }
            result += all(of: property, at: path.isEmpty ? name : "\(path).\(name)").map { inner in
                Mutation(what: inner.what, schema: replacing(schema, "properties", name, with: inner.schema))
            }
        }
        for word in ["items", "additionalProperties"] {
            guard let element = schema[word] else { continue }
            result += all(of: element, at: "\(path)[]").map { inner in
                Mutation(what: inner.what, schema: replacing(schema, word, with: inner.schema))
            }
        }
        return result
    }

    /// Changes of this schema itself.
    private static func here(_ schema: JSONValue, at path: String) -> [Mutation] {
        var result: [Mutation] = []
        if let properties = schema["properties"]?.objectValue {
            let required = schema["required"]?.arrayValue ?? []
            for name in properties.keys where !(path.isEmpty && ["apiVersion", "kind", "metadata"].contains(name)) {
                let others = required.filter { $0 != .string(name) }
                let without = replacing(schema, "required", with: .array(others))
                result.append(
                    Mutation(
                        what: "\(path).\(name) taken away",
                        schema: replacing(without, "properties", with: .object(properties.filter { $0.key != name }))))
                let toggled = others.count == required.count ? required + [.string(name)] : others
                result.append(
                    Mutation(
                        what: "\(path).\(name) made \(others.count == required.count ? "required" : "optional")",
                        schema: replacing(schema, "required", with: .array(toggled))))
            }
            result.append(
                Mutation(
                    what: "\(path).oneMore added",
                    schema: replacing(schema, "properties", "oneMore", with: ["type": "string"])))
        }
        if let words = schema["enum"]?.arrayValue {
            result.append(
                Mutation(
                    what: "\(path): a word added", schema: replacing(schema, "enum", with: .array(words + ["More"]))))
            result.append(
                Mutation(
                    what: "\(path): a word taken away",
                    schema: replacing(schema, "enum", with: .array(Array(words.dropLast())))))
        }
        for type in ["string", "boolean", "integer", "number"] where schema["type"] != .string(type) && !path.isEmpty {
            result.append(Mutation(what: "\(path) made a \(type)", schema: ["type": .string(type)]))
        }
        return result
    }

    private static func replacing(_ schema: JSONValue, _ path: String..., with value: JSONValue) -> JSONValue {
        replacing(schema, path[...], with: value)
    }

    private static func replacing(_ schema: JSONValue, _ path: ArraySlice<String>, with value: JSONValue) -> JSONValue {
        guard let first = path.first else { return value }
        var members = schema.objectValue ?? [:]
        members[first] = replacing(members[first] ?? [:], path.dropFirst(), with: value)
        return .object(members)
    }
}
