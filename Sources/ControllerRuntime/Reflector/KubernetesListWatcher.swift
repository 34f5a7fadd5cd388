package import KubernetesClient
package import KubernetesTypes

/// Lists and watches one kind on an API server.
package struct KubernetesListWatcher: ListWatcher {
    private let client: KubernetesClient
    private let definition: ResourceDefinition
    private let namespace: String?
    private let labelSelector: String?
    private let fieldSelector: String?

    /// - Parameters:
    ///   - namespace: `nil` for all namespaces, or for a kind without namespaces.
    ///   - labelSelector: only objects with these labels: "app=bot,tier!=test".
    ///   - fieldSelector: "metadata.name=x"; which fields are taken depends on the kind.
    package init(
        _ client: KubernetesClient, _ definition: ResourceDefinition, namespace: String? = nil,
        labelSelector: String? = nil, fieldSelector: String? = nil
    ) {
        self.client = client
        self.definition = definition
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
    }

    package func list(_ request: ListRequest) async throws -> ListPage {
        let options = ListOptions(
            labelSelector: labelSelector, fieldSelector: fieldSelector, limit: request.limit,
            continueToken: request.continueToken, resourceVersion: request.resourceVersion)
        do {
            let list = try await client.rawList(definition, namespace: namespace, options: options)
            return ListPage(
                items: list.items, resourceVersion: list.metadata.resourceVersion ?? "",
                continueToken: list.metadata.continueToken)
        } catch let error as KubernetesError {
            throw failure(error)
        }
    }

    package func watch(_ request: WatchRequest, onEvent: @Sendable (RawObjectEvent) -> Void) async throws {
        let options = WatchOptions(
            labelSelector: labelSelector, fieldSelector: fieldSelector, resourceVersion: request.resourceVersion,
            timeoutSeconds: request.timeoutSeconds)
        do {
            let stream = try await client.rawWatch(definition, namespace: namespace, options: options)
            onEvent(.opened)
            for try await event in stream {
                switch event.kind {
                case .added: onEvent(.added(event.object))
                case .modified: onEvent(.modified(event.object))
                case .deleted: onEvent(.deleted(event.object))
                case .bookmark:
                    let version = try ObjectIdentity.read(event.object).metadata.resourceVersion ?? ""
                    onEvent(.bookmark(resourceVersion: version))
                }
            }
        } catch let error as KubernetesError {
            throw failure(error)
        }
    }

    private func failure(_ error: KubernetesError) -> ReflectorFailure {
        ReflectorFailure(error, listing: definition, at: client.configuration.server)
    }
}
