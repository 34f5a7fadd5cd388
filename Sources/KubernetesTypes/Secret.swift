package import FoundationEssentials

/// `v1.Secret`. Never log or print one.
package struct Secret: KubernetesResource, Equatable {
    package static let definition = ResourceDefinition(group: "", version: "v1", kind: "Secret", plural: "secrets")

    package var apiVersion = "v1"
    package var kind = "Secret"
    package var metadata: ObjectMeta
    package var type: String?
    /// Decoded values; on the wire they are base64.
    package var data: [String: Data]?

    package init(metadata: ObjectMeta, type: String? = "Opaque", data: [String: Data]) {
        self.metadata = metadata
        self.type = type
        self.data = data
    }

    private enum CodingKeys: String, CodingKey { case apiVersion, kind, metadata, type, data }

    // Objects inside a list or a watch event may come without apiVersion and kind.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
        type = try container.decodeIfPresent(String.self, forKey: .type)
        data = try container.decodeIfPresent([String: Data].self, forKey: .data)
    }

    /// The value under `key` as UTF-8 text, without the white space that editors and `echo` leave at its ends.
    package func string(_ key: String) -> String? {
        guard let bytes = data?[key], let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let isSpace: (Character) -> Bool = { $0 == " " || $0.isNewline || $0 == "\t" }
        guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(text[first...last])
    }
}
