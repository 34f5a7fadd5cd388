/// A Kubernetes object of a known kind. Conforming types declare only the fields that the platform uses: decoding drops
/// the rest, which keeps stores small.
package protocol KubernetesResource: Codable, Sendable {
    /// The kind's coordinates in the API.
    static var definition: ResourceDefinition { get }
    var metadata: ObjectMeta { get set }
}

/// Where a kind lives in the API.
package struct ResourceDefinition: Hashable, Sendable {
    /// The API group; empty for the core group.
    package let group: String
    package let version: String
    package let kind: String
    /// The plural name in paths: "telegrambots".
    package let plural: String
    package let isNamespaced: Bool

    package init(group: String, version: String, kind: String, plural: String, isNamespaced: Bool = true) {
        self.group = group
        self.version = version
        self.kind = kind
        self.plural = plural
        self.isNamespaced = isNamespaced
    }

    /// "apps/v1", or "v1" for the core group.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
}

extension KubernetesResource {
    /// The object's name and namespace.
    package var key: ObjectKey { ObjectKey(namespace: metadata.namespace, name: metadata.name ?? "") }
}

/// The name of an object within its kind: what caches and queues are keyed by.
package struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// `nil` for cluster-scoped objects.
    package let namespace: String?
    package let name: String

    package init(namespace: String?, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// "namespace/name", or "name".
    package var description: String { namespace.map { "\($0)/\(name)" } ?? name }

    package static func < (a: ObjectKey, b: ObjectKey) -> Bool {
        (a.namespace ?? "", a.name) < (b.namespace ?? "", b.name)
    }
}
