import JSON
import KubernetesTypes

/// Finds out what a `Decodable` type takes, by decoding it from nothing: every question is answered with a small value,
/// and written down. No list of fields is kept by hand, so nothing can be forgotten.
enum SchemaProbe {
    /// A value of the type with everything there can be, and the type's shape.
    /// - Throws: `Shape.Unknown` for a type that decodes itself in a way which cannot be compared with a schema.
    static func probe<Value: Decodable>(_ type: Value.Type) throws -> (value: Value, shape: Shape) {
        if let (value, shape) = scalar(type), let value = value as? Value { return (value, shape) }
        let record = ProbeRecord(type: "\(type)")
        let value = try type.init(from: ProbeDecoder(record: record))
        return (value, try record.shape)
    }

    private static func scalar(_ type: any Decodable.Type) -> (Any, Shape)? {
        switch type {
        case is String.Type: ("text", .string)
        case is Bool.Type: (true, .boolean)
        case is Int.Type: (1, .integer)
        case is Int64.Type: (Int64(1), .integer)
        case is Double.Type: (1.5, .number)
        case is IntOrString.Type: (IntOrString.int(1), .intOrString)
        case is JSONValue.Type: (["any": "value"] as JSONValue, .anything)
        case let choice as any (CaseIterable & RawRepresentable).Type: words(choice)
        default: nil
        }
    }

    private static func words<Choice: CaseIterable & RawRepresentable>(_ type: Choice.Type) -> (Any, Shape)? {
        let words = Choice.allCases.compactMap { $0.rawValue as? String }
        guard let first = Choice.allCases.first, words.count == Choice.allCases.count else { return nil }
        return (first, .choice(Set(words)))
    }
}
