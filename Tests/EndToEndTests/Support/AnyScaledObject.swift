import KubernetesTypes

/// A ScaledObject of which the tests read only a part.
struct AnyScaledObject: KubernetesResource {
    static let definition = ResourceDefinition(
        group: "keda.sh", version: "v1alpha1", kind: "ScaledObject", plural: "scaledobjects")

    struct Spec: Codable, Sendable {
        struct Trigger: Codable, Sendable {
            struct Reference: Codable, Sendable { var name: String }

            var metadata: [String: String]
            var authenticationRef: Reference?
        }

        var minReplicaCount: Int?
        var maxReplicaCount: Int?
        var triggers: [Trigger]?
    }

    var metadata: ObjectMeta
    var spec: Spec?
}
