package import KubernetesClient
package import KubernetesTypes

import JSON

/// Puts finalizers on objects and takes them off, without losing what others write at the same time.
package enum Finalizers {
    private static let attempts = 5

    /// Sees to it that the object has the finalizer. An object that is being deleted is left alone: the API server takes
    /// no new finalizers then.
    ///
    /// - Parameter object: as it was last seen; read again when that is out of date.
    /// - Returns: the object as it is now.
    /// - Throws: `KubernetesError`; with `isNotFound` when the object is gone. ``ControllerRuntimeError`` with `conflict`
    ///   when another object has taken its name, or others kept writing.
    package static func ensure<R: KubernetesResource>(
        _ finalizer: String, on object: R, _ client: KubernetesClient, fieldManager: String? = nil
    ) async throws -> R {
        var current = object
        for _ in 0..<attempts {
            let present = current.metadata.finalizers ?? []
            if present.contains(finalizer) || current.metadata.deletionTimestamp != nil { return current }
            do {
                return try await write(present + [finalizer], current, client, fieldManager)
            } catch let error as KubernetesError where error.isConflict {
                current = try await client.get(R.self, object.key)
                guard isSame(object, current) else { break }
            }
        }
        throw conflict(object)
    }

    /// Sees to it that the object has not got the finalizer.
    ///
    /// - Parameter object: as it was last seen; read again when that is out of date.
    /// - Returns: the object as it is now; `nil` when it is gone (or another one has taken its name).
    package static func remove<R: KubernetesResource>(
        _ finalizer: String, from object: R, _ client: KubernetesClient, fieldManager: String? = nil
    ) async throws -> R? {
        var current = object
        for _ in 0..<attempts {
            let present = current.metadata.finalizers ?? []
            guard present.contains(finalizer) else { return current }
            do {
                return try await write(present.filter { $0 != finalizer }, current, client, fieldManager)
            } catch let error as KubernetesError where error.isNotFound {
                return nil
            } catch let error as KubernetesError where error.isConflict || error.isInvalid {
                guard let fresh = try await client.find(R.self, object.key), isSame(object, fresh) else { return nil }
                current = fresh
            }
        }
        throw conflict(object)
    }

    /// The resourceVersion lets the server refuse the patch when anything was changed meanwhile: a merge patch replaces
    /// the whole list.
    private static func write<R: KubernetesResource>(
        _ finalizers: [String], _ object: R, _ client: KubernetesClient, _ fieldManager: String?
    ) async throws -> R {
        var metadata: [String: JSONValue] = ["finalizers": .array(finalizers.map { .string($0) })]
        if let version = object.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
        if let uid = object.metadata.uid { metadata["uid"] = .string(uid) }
        return try await client.patch(
            R.self, object.key, .merge(["metadata": .object(metadata)]), fieldManager: fieldManager)
    }

    private static func isSame<R: KubernetesResource>(_ a: R, _ b: R) -> Bool {
        a.metadata.uid == nil || a.metadata.uid == b.metadata.uid
    }

    private static func conflict<R: KubernetesResource>(_ object: R) -> ControllerRuntimeError {
        ControllerRuntimeError(
            .conflict,
            "the finalizers of \(R.definition.kind) \(object.key) could not be changed: others keep writing "
                + "it, or it was replaced; it will be tried again")
    }
}
