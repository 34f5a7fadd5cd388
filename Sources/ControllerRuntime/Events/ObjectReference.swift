package import KubernetesTypes

/// `v1.ObjectReference`: which object something is about.
package struct ObjectReference: Codable, Sendable, Hashable {
    package var apiVersion: String?
    package var kind: String?
    package var namespace: String?
    package var name: String?
    package var uid: String?
    package var resourceVersion: String?

    package init(
        apiVersion: String, kind: String, namespace: String?, name: String, uid: String?,
        resourceVersion: String? = nil
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    /// A reference to `object`.
    package init<R: KubernetesResource>(_ object: R) {
        self.init(
            apiVersion: R.definition.apiVersion, kind: R.definition.kind, namespace: object.metadata.namespace,
            name: object.metadata.name ?? "", uid: object.metadata.uid,
            resourceVersion: object.metadata.resourceVersion)
    }

    /// A reference to an object whose uid may not be known.
    package init(_ definition: ResourceDefinition, _ key: ObjectKey, uid: String? = nil) {
        self.init(
            apiVersion: definition.apiVersion, kind: definition.kind, namespace: key.namespace, name: key.name,
            uid: uid)
    }
}
