package import KubernetesTypes

/// How an owned object says whose it is.
package enum OwnerMapping: Sendable {
    /// By a controller reference to an object of this kind, in the same namespace (or cluster-scoped).
    case ownerReference(to: ResourceDefinition)
    /// By a label whose value is the owner's name; the owner is in the namespace that a second label names, or in the
    /// object's own.
    case label(String, namespaceLabel: String? = nil)
    /// By an annotation whose value is "namespace/name", or "name" for an owner in the object's own namespace. Works
    /// across namespaces, where owner references do not.
    case annotation(String)

    /// The owners of an object; empty when it is nobody's (of this kind).
    package func owners(of object: ObservedObject) -> [ObjectKey] {
        switch self {
        case .ownerReference(let definition):
            return object.ownerReferences
                .filter {
                    $0.controller == true && $0.kind == definition.kind
                        && Self.group(of: $0.apiVersion) == definition.group
                }
                .map { ObjectKey(namespace: definition.isNamespaced ? object.key.namespace : nil, name: $0.name) }
        case .label(let name, let namespaceLabel):
            guard let owner = object.labels?[name], !owner.isEmpty else { return [] }
            let namespace = namespaceLabel.flatMap { object.labels?[$0] } ?? object.key.namespace
            return [ObjectKey(namespace: namespace, name: owner)]
        case .annotation(let name):
            guard let owner = object.annotations?[name], !owner.isEmpty else { return [] }
            let parts = owner.split(separator: "/", omittingEmptySubsequences: false)
            switch parts.count {
            case 1: return [ObjectKey(namespace: object.key.namespace, name: owner)]
            case 2: return [ObjectKey(namespace: String(parts[0]), name: String(parts[1]))]
            default: return []
            }
        }
    }

    /// What must be kept of the objects for this to work, and no more.
    package var fields: ObservedObject.Fields {
        switch self {
        case .ownerReference: .init(labels: .none)
        case .label(let name, let namespaceLabel): .init(labels: .only(Set([name, namespaceLabel].compactMap { $0 })))
        case .annotation(let name): .init(labels: .none, annotations: .only([name]))
        }
    }

    private static func group(of apiVersion: String) -> String {
        apiVersion.firstIndex(of: "/").map { String(apiVersion[..<$0]) } ?? ""
    }
}
