import KubernetesTypes

/// Paths of the API: `/api/v1/namespaces/ns/secrets/name`, `/apis/apps/v1/...`.
enum ResourcePath {
    /// The path of a kind's collection.
    ///
    /// - Parameter namespace: `nil` is all namespaces; ignored for cluster-scoped kinds.
    static func collection(_ definition: ResourceDefinition, namespace: String?) throws(KubernetesError) -> String {
        var path = root(group: definition.group, version: definition.version)
        if definition.isNamespaced, let namespace {
            try check(namespace, "namespace", definition)
            path += "/namespaces/\(PercentEncoding.encode(namespace))"
        }
        return path + "/\(definition.plural)"
    }

    /// The path of one object, or of its subresource.
    static func object(
        _ definition: ResourceDefinition, _ key: ObjectKey, _ subresource: Subresource? = nil
    ) throws(KubernetesError) -> String {
        guard !definition.isNamespaced || key.namespace != nil else {
            throw KubernetesError(
                .configuration, "\(definition.kind) \(key.name) was asked for without a namespace, and it needs one.")
        }
        try check(key.name, "name", definition)
        var path = try collection(definition, namespace: key.namespace)
        path += "/\(PercentEncoding.encode(key.name))"
        if let subresource { path += "/\(subresource.rawValue)" }
        return path
    }

    /// `/api/v1` for the core group, else `/apis/<group>/<version>`.
    static func root(group: String, version: String) -> String {
        group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
    }

    // An empty name would turn a request for one object into one for all of them; "." and ".." are path steps.
    private static func check(
        _ name: String, _ what: String, _ definition: ResourceDefinition
    ) throws(KubernetesError) {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")) else {
            throw KubernetesError(.configuration, "\"\(name)\" is no \(what) for a \(definition.kind).")
        }
    }
}
