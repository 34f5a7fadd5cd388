import JSON
package import KubernetesTypes

extension KubernetesClient {
    /// The scale of a Deployment, or of a custom resource that has the scale subresource.
    package func scale(_ definition: ResourceDefinition, _ key: ObjectKey) async throws -> Scale {
        let bytes = try await rawGet(definition, key, subresource: .scale)
        return try decode(Scale.self, bytes, "the scale of \(definition.kind) \(key)")
    }

    /// Sets the wanted number of replicas whatever it is now.
    package func setScale(
        _ definition: ResourceDefinition, _ key: ObjectKey, replicas: Int, fieldManager: String? = nil
    ) async throws -> Scale {
        let patch = Patch.merge(["spec": ["replicas": .int(Int64(replicas))]])
        let bytes = try await rawPatch(definition, key, patch, subresource: .scale, fieldManager: fieldManager)
        return try decode(Scale.self, bytes, "the scale of \(definition.kind) \(key)")
    }
}
