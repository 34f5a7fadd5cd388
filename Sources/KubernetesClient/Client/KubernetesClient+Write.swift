import HTTPTypes
import JSON
package import KubernetesTypes

extension KubernetesClient {
    /// Creates the object; with `metadata.generateName` the server makes up the name.
    ///
    /// - Parameter dryRun: the server does everything but store.
    /// - Throws: ``KubernetesError`` with `isAlreadyExists` when the name is taken.
    package func create<R: KubernetesResource>(
        _ object: R, fieldManager: String? = nil, dryRun: Bool = false
    ) async throws -> R {
        let request = APIRequest(
            method: .post, path: try ResourcePath.collection(R.definition, namespace: object.metadata.namespace),
            query: Self.query(fieldManager, dryRun: dryRun), body: try encode(object), contentType: APIRequest.json)
        return try decode(R.self, try await send(request), "the created \(R.definition.kind)")
    }

    /// Replaces the whole object, or its status (PUT). With `metadata.resourceVersion` set, only if it is unchanged.
    ///
    /// - Throws: ``KubernetesError`` with `isConflict` when it was changed meanwhile.
    package func replace<R: KubernetesResource>(
        _ object: R, subresource: Subresource? = nil, fieldManager: String? = nil, dryRun: Bool = false
    ) async throws -> R {
        let request = APIRequest(
            method: .put, path: try ResourcePath.object(R.definition, object.key, subresource),
            query: Self.query(fieldManager, dryRun: dryRun), body: try encode(object), contentType: APIRequest.json)
        return try decode(R.self, try await send(request), "the replaced \(R.definition.kind) \(object.key)")
    }

    /// Server-side apply: states all that `fieldManager` wants of the object, which is made if it is not there.
    ///
    /// - Parameter force: takes over fields of other managers; without it those are a conflict.
    package func apply<R: KubernetesResource>(
        _ object: R, fieldManager: String, force: Bool = false, subresource: Subresource? = nil, dryRun: Bool = false
    ) async throws -> R {
        let bytes = try await apply(
            json: try encode(object), definition: R.definition, key: object.key, fieldManager: fieldManager,
            force: force, subresource: subresource, dryRun: dryRun)
        return try decode(R.self, bytes, "the applied \(R.definition.kind) \(object.key)")
    }

    /// Server-side apply of an object that is JSON already, with `apiVersion`, `kind` and `metadata.name`.
    ///
    /// Quantities have to be text: API server 1.20 refuses numbers (`cpu: 0.5`) in an apply.
    ///
    /// - Returns: the object's JSON as the server has it now.
    package func apply(
        json: [UInt8], definition: ResourceDefinition, key: ObjectKey, fieldManager: String, force: Bool = false,
        subresource: Subresource? = nil, dryRun: Bool = false
    ) async throws -> [UInt8] {
        var query = Self.query(fieldManager, dryRun: dryRun)
        if force { query.append(("force", "true")) }
        return try await send(
            APIRequest(
                method: .patch, path: try ResourcePath.object(definition, key, subresource), query: query,
                body: ApplyBody.yamlSafe(json),
                contentType: APIRequest.applyPatch))
    }

    /// Changes parts of an object that is there.
    ///
    /// For `.scale` the answer is a Scale, which most types cannot decode: use ``setScale(_:_:replicas:)``.
    package func patch<R: KubernetesResource>(
        _ type: R.Type, _ key: ObjectKey, _ patch: Patch, subresource: Subresource? = nil,
        fieldManager: String? = nil, dryRun: Bool = false
    ) async throws -> R {
        let bytes = try await rawPatch(
            R.definition, key, patch, subresource: subresource, fieldManager: fieldManager, dryRun: dryRun)
        return try decode(R.self, bytes, "the patched \(R.definition.kind) \(key)")
    }

    /// The same for a kind without a type; answers the object's JSON.
    package func rawPatch(
        _ definition: ResourceDefinition, _ key: ObjectKey, _ patch: Patch, subresource: Subresource? = nil,
        fieldManager: String? = nil, dryRun: Bool = false
    ) async throws -> [UInt8] {
        let (body, contentType) = try Self.body(of: patch)
        return try await send(
            APIRequest(
                method: .patch, path: try ResourcePath.object(definition, key, subresource),
                query: Self.query(fieldManager, dryRun: dryRun), body: body, contentType: contentType))
    }

    /// Deletes the object. It may stay for a while: finalizers, grace periods.
    ///
    /// - Throws: ``KubernetesError`` with `isNotFound` when there is none, `isConflict` when a precondition fails.
    package func delete<R: KubernetesResource>(
        _ type: R.Type, _ key: ObjectKey, options: DeleteOptions = DeleteOptions()
    ) async throws {
        try await delete(R.definition, key, options: options)
    }

    /// The same for a kind without a type.
    package func delete(
        _ definition: ResourceDefinition, _ key: ObjectKey, options: DeleteOptions = DeleteOptions()
    ) async throws {
        _ = try await send(
            APIRequest(
                method: .delete, path: try ResourcePath.object(definition, key), body: try encode(options),
                contentType: APIRequest.json))
    }

    private static func query(_ fieldManager: String?, dryRun: Bool) -> [(String, String)] {
        var query: [(String, String)] = []
        if let fieldManager { query.append(("fieldManager", fieldManager)) }
        if dryRun { query.append(("dryRun", "All")) }
        return query
    }

    /// A patch's JSON and media type.
    static func body(of patch: Patch) throws(KubernetesError) -> (body: [UInt8], contentType: String) {
        switch patch {
        case .merge(let value): (try Coding.encode(value), APIRequest.mergePatch)
        case .json(let operations): (try Coding.encode(operations), APIRequest.jsonPatch)
        }
    }
}
