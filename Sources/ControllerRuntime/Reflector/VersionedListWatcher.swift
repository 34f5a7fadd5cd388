package import KubernetesClient
package import KubernetesTypes

import Concurrency

/// Lists and watches a kind that servers have in one version or another: in the first one that the server has.
///
/// The server is asked before each list and each watch, which ends after some minutes; so a cluster that is upgraded is
/// followed without a restart. A watch may go on in another version than the list before it: versions are views of the same
/// objects, and share their resourceVersions.
package final class VersionedListWatcher: ListWatcher {
    /// What the server was last found to have.
    package struct Served: Sendable, Equatable {
        package let definition: ResourceDefinition
        /// The server's own minor version: what fields it knows; `nil` when it does not say.
        package let serverMinor: Int?

        package init(_ definition: ResourceDefinition, serverMinor: Int?) {
            self.definition = definition
            self.serverMinor = serverMinor
        }
    }

    private let client: KubernetesClient
    private let definitions: [ResourceDefinition]
    private let namespace: String?
    private let labelSelector: String?
    private let state = Locked<Served?>(nil)

    /// - Parameters:
    ///   - definitions: the same kind in its versions, the preferred one first. Not empty.
    ///   - namespace: `nil` for all namespaces.
    ///   - labelSelector: only objects with these labels.
    package init(
        _ client: KubernetesClient, _ definitions: [ResourceDefinition], namespace: String? = nil,
        labelSelector: String? = nil
    ) {
        precondition(!definitions.isEmpty, "a kind needs a version")
        self.client = client
        self.definitions = definitions
        self.namespace = namespace
        self.labelSelector = labelSelector
    }

    /// `nil` until the server was asked, and while it has none of the versions.
    package var served: Served? { state.withLock { $0 } }

    package func list(_ request: ListRequest) async throws -> ListPage {
        try await watcher().list(request)
    }

    package func watch(_ request: WatchRequest, onEvent: @Sendable (RawObjectEvent) -> Void) async throws {
        try await watcher().watch(request, onEvent: onEvent)
    }

    /// Of the version that the server has now. When it has none, asking for the last one gives the right failure.
    private func watcher() async throws -> KubernetesListWatcher {
        let found: Served?
        do {
            found = try await Self.find(definitions, client)
        } catch let error as KubernetesError {
            throw ReflectorFailure(error, listing: definitions[0], at: client.configuration.server)
        }
        state.withLock { $0 = found }
        return KubernetesListWatcher(
            client, found?.definition ?? definitions[definitions.count - 1], namespace: namespace,
            labelSelector: labelSelector)
    }

    /// The first of the versions that the server has; `nil` when it has none.
    /// - Throws: `KubernetesError`.
    package static func find(_ definitions: [ResourceDefinition], _ client: KubernetesClient) async throws -> Served? {
        for definition in definitions {
            guard try await client.hasResource(definition) else { continue }
            return Served(definition, serverMinor: try await client.serverVersion().minorNumber)
        }
        return nil
    }
}
