import FoundationEssentials
package import JSON

/// YAML as Kubernetes takes it: a way of writing JSON.
package enum YAML {
    /// The first document; `null` when there is none.
    package static func parse(_ text: String) throws(YAMLError) -> JSONValue {
        var composer = try Composer(text)
        return try composer.nextDocument() ?? .null
    }

    /// All documents that hold something, in order.
    package static func parseAll(_ text: String) throws(YAMLError) -> [JSONValue] {
        var composer = try Composer(text)
        var documents: [JSONValue] = []
        while let document = try composer.nextDocument() {
            if document != .null { documents.append(document) }
        }
        return documents
    }

    /// The first document, and the line (from 1) on which each of its values begins, by path: "users[0].user.token".
    package static func parseLocated(_ text: String) throws(YAMLError) -> (value: JSONValue, lines: [String: Int]) {
        var composer = try Composer(text, locating: true)
        let value = try composer.nextDocument() ?? .null
        return (value, composer.lines)
    }

    /// The first document as a value of that type.
    package static func decode<T: Decodable>(_ type: T.Type, from text: String) throws(YAMLError) -> T {
        let value = try parse(text)
        do {
            return try JSONDecoder().decode(type, from: try JSONEncoder().encode(value))
        } catch {
            throw YAMLError(.mismatch, "the document is no \(type): \(error)")
        }
    }

    /// The value as one document in block style, with a line feed at the end. Members are in alphabetical order, but
    /// `apiVersion`, `kind` and `metadata` come first and `status` last.
    package static func render(_ value: JSONValue) -> String {
        var renderer = Renderer()
        renderer.append(value, indentation: 0)
        return renderer.text
    }
}
