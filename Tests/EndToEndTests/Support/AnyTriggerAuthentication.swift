import KubernetesTypes

/// A TriggerAuthentication as the tests read it.
struct AnyTriggerAuthentication: KubernetesResource {
    static let definition = ResourceDefinition(
        group: "keda.sh", version: "v1alpha1", kind: "TriggerAuthentication", plural: "triggerauthentications")

    struct Spec: Codable, Sendable {
        struct Target: Codable, Sendable {
            var parameter: String
            var name: String
            var key: String
        }

        var secretTargetRef: [Target]?
    }

    var metadata: ObjectMeta
    var spec: Spec?
}
