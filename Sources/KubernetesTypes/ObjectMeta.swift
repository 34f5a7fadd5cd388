/// The part of `metav1.ObjectMeta` that the platform uses. `managedFields` is dropped on purpose: it is often larger
/// than the object.
package struct ObjectMeta: Codable, Sendable, Equatable {
    package var name: String?
    package var generateName: String?
    package var namespace: String?
    package var uid: String?
    /// Opaque; compare for equality only.
    package var resourceVersion: String?
    package var generation: Int64?
    /// RFC 3339.
    package var creationTimestamp: String?
    /// RFC 3339; set once deletion was asked for.
    package var deletionTimestamp: String?
    package var labels: [String: String]?
    package var annotations: [String: String]?
    package var finalizers: [String]?
    package var ownerReferences: [OwnerReference]?

    package init(
        name: String? = nil, namespace: String? = nil, labels: [String: String]? = nil,
        annotations: [String: String]? = nil, finalizers: [String]? = nil, ownerReferences: [OwnerReference]? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.labels = labels
        self.annotations = annotations
        self.finalizers = finalizers
        self.ownerReferences = ownerReferences
    }
}

/// `metav1.OwnerReference`.
package struct OwnerReference: Codable, Sendable, Hashable {
    package var apiVersion: String
    package var kind: String
    package var name: String
    package var uid: String
    package var controller: Bool?
    package var blockOwnerDeletion: Bool?

    package init(
        apiVersion: String, kind: String, name: String, uid: String, controller: Bool? = true,
        blockOwnerDeletion: Bool? = true
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.controller = controller
        self.blockOwnerDeletion = blockOwnerDeletion
    }
}
