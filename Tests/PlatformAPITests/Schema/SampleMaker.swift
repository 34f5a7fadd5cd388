import JSON

/// Objects made from a schema.
enum SampleMaker {
    /// - Parameter isFull: with all fields, or only with those that are required.
    static func sample(_ schema: JSONValue, isFull: Bool) -> JSONValue {
        if let value = schema["enum"]?.arrayValue?.first { return value }
        if schema["x-kubernetes-int-or-string"] == true { return isFull ? "100m" : 1 }
        switch schema["type"]?.stringValue {
        case "string": return "x"
        case "boolean": return true
        case "integer": return schema["minimum"] ?? 1
        case "array": return [sample(schema["items"] ?? .null, isFull: isFull)]
        default:
            if let values = schema["additionalProperties"] { return ["any": sample(values, isFull: isFull)] }
            let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
            let properties = (schema["properties"]?.objectValue ?? [:]).filter { isFull || required.contains($0.key) }
            return .object(properties.mapValues { sample($0, isFull: isFull) })
        }
    }
}
