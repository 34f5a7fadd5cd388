package import KubernetesTypes

extension KubernetesClient {
    /// Follows a kind's objects until the server ends the watch (see ``WatchOptions/timeoutSeconds``).
    ///
    /// - Parameter namespace: `nil` watches all namespaces.
    /// - Throws: here or while iterating, ``KubernetesError`` with `isExpired` when the resourceVersion is too old: list
    ///   again.
    package func watch<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, options: WatchOptions = WatchOptions()
    ) async throws -> WatchStream<R> {
        WatchStream(raw: try await rawWatch(R.definition, namespace: namespace, options: options))
    }

    /// The same with the objects as bytes.
    package func rawWatch(
        _ definition: ResourceDefinition, namespace: String? = nil, options: WatchOptions = WatchOptions()
    ) async throws -> RawWatchStream {
        let path = try ResourcePath.collection(definition, namespace: namespace)
        let query = options.query(timeoutSeconds: .random(in: 300...600))
        return try await open(APIRequest(path: path, query: query), idleTimeout: options.idleTimeout)
    }
}
