import JSON
import KubernetesTypes

/// An object of which the operator states a part and reads none: its kind, or the version of it, is known only when the
/// operator runs.
struct StatedObject: Sendable, Equatable, Encodable {
    let definition: ResourceDefinition
    var metadata: ObjectMeta
    /// All beside the metadata: "spec", "rules", ….
    var content: [String: JSONValue]

    /// The object's name and namespace.
    var key: ObjectKey { ObjectKey(namespace: metadata.namespace, name: metadata.name ?? "") }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(definition.apiVersion, forKey: Key("apiVersion"))
        try container.encode(definition.kind, forKey: Key("kind"))
        try container.encode(metadata, forKey: Key("metadata"))
        for (name, value) in content { try container.encode(value, forKey: Key(name)) }
    }
}
