package import HTTPClient
package import Observability

/// A client of one API server.
///
/// Safe to share. Throws ``KubernetesError``, and `CancellationError` when the task was cancelled. Does not retry by
/// itself, save once with fresh credentials after a 401.
package final class KubernetesClient: Sendable {
    package let configuration: ClusterConfiguration
    let logger: Logger
    let transport: Transport
    let credentials: any CredentialSource

    /// - Parameters:
    ///   - http: a client made elsewhere, which then decides on TLS; one of its own unless given.
    package init(
        _ configuration: ClusterConfiguration, http: HTTPClient? = nil, logger: Logger = .silent
    ) throws(KubernetesError) {
        self.configuration = configuration
        self.logger = logger
        transport = try Transport(configuration, http: http)
        credentials = configuration.credentials.source(server: configuration)
    }

    /// Ends all requests and watches. A client given to ``init(_:http:logger:)`` stays open.
    package func shutdown() async { await transport.shutdown() }
}
