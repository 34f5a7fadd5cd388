/// `v1.ServiceAccount`, the part that the platform sets.
package struct ServiceAccount: KubernetesResource, Equatable {
    package static let definition = ResourceDefinition(
        group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts")

    package var metadata: ObjectMeta
    /// Whether pods that say nothing of it get a token of the account; absent: they do.
    package var automountServiceAccountToken: Bool?

    package init(metadata: ObjectMeta, automountServiceAccountToken: Bool? = nil) {
        self.metadata = metadata
        self.automountServiceAccountToken = automountServiceAccountToken
    }
}
