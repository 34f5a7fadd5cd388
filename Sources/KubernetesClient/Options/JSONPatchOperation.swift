package import JSON

/// One step of a JSON Patch (RFC 6902). Paths are JSON Pointers (RFC 6901): see ``pointer(_:)``.
package enum JSONPatchOperation: Sendable, Hashable, Encodable {
    case add(path: String, value: JSONValue)
    case remove(path: String)
    case replace(path: String, value: JSONValue)
    /// The whole patch fails unless the value stands there.
    case test(path: String, value: JSONValue)
    case move(from: String, path: String)
    case copy(from: String, path: String)

    /// A JSON Pointer made of member names and indices, escaped: `["metadata", "annotations", "a/b"]` becomes
    /// "/metadata/annotations/a~1b".
    package static func pointer(_ parts: [String]) -> String {
        parts.map { part in
            var escaped = "/"
            for scalar in part.unicodeScalars {
                switch scalar {
                case "~": escaped += "~0"
                case "/": escaped += "~1"
                default: escaped.unicodeScalars.append(scalar)
                }
            }
            return escaped
        }.joined()
    }

    private enum CodingKeys: String, CodingKey { case op, path, value, from }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func put(_ operation: String, _ path: String, value: JSONValue? = nil, from: String? = nil) throws {
            try container.encode(operation, forKey: .op)
            try container.encode(path, forKey: .path)
            try container.encodeIfPresent(value, forKey: .value)
            try container.encodeIfPresent(from, forKey: .from)
        }
        switch self {
        case .add(let path, let value): try put("add", path, value: value)
        case .remove(let path): try put("remove", path)
        case .replace(let path, let value): try put("replace", path, value: value)
        case .test(let path, let value): try put("test", path, value: value)
        case .move(let from, let path): try put("move", path, from: from)
        case .copy(let from, let path): try put("copy", path, from: from)
        }
    }
}
