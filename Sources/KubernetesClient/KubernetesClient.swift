package import Observability

/// A client of one API server.
///
/// Safe to share. Throws ``KubernetesError``, and `CancellationError` when the task was cancelled. Does not retry by
/// itself, save once with fresh credentials after a 401.
package final class KubernetesClient: Sendable {
    package let configuration: ClusterConfiguration
    let logger: Logger

    package init(_ configuration: ClusterConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
    }
}
