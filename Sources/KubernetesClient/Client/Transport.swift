import Concurrency
import HTTPClient
import Observability

/// The HTTP client that requests go through; another one when an exec plugin gives another client certificate.
final class Transport: Sendable {
    /// How long an HTTP client that was replaced lives on, for the watches that still run on it (they end after ten
    /// minutes at most).
    private static let retirement: Duration = .seconds(660)

    private struct State {
        var client: HTTPClient
        var certificate: ClientCertificate?
        var retired: [HTTPClient] = []
    }

    private let configuration: ClusterConfiguration
    private let state: Locked<State>
    private let isOwned: Bool

    init(_ configuration: ClusterConfiguration, http: HTTPClient?) throws(KubernetesError) {
        self.configuration = configuration
        isOwned = http == nil
        if let http {
            state = Locked(State(client: http))
        } else {
            var certificate: ClientCertificate?
            if case .clientCertificate(let given) = configuration.credentials { certificate = given }
            state = Locked(State(client: try Self.makeClient(configuration, certificate), certificate: certificate))
        }
    }

    /// The client that shows the credential's certificate.
    func client(for credential: Credential) throws(KubernetesError) -> HTTPClient {
        guard let certificate = credential.certificate else { return state.withLock { $0.client } }
        let current = state.withLock { $0.certificate == certificate ? $0.client : nil }
        if let current { return current }
        guard isOwned else {
            throw KubernetesError(
                .configuration, "A client certificate of an exec plugin cannot be used with an HTTP client given.")
        }
        let fresh = try Self.makeClient(configuration, certificate)
        let old = state.withLock { state in
            let old = state.client
            state.client = fresh
            state.certificate = certificate
            state.retired.append(old)
            return old
        }
        Task {
            _ = await sleepUnlessCancelled(for: Self.retirement)
            await old.shutdown()
            state.withLock { state in state.retired.removeAll { $0 === old } }
        }
        return fresh
    }

    func shutdown() async {
        guard isOwned else { return }
        let clients = state.withLock { [$0.client] + $0.retired }
        for client in clients { await client.shutdown() }
    }

    private static func makeClient(
        _ configuration: ClusterConfiguration, _ certificate: ClientCertificate?
    ) throws(KubernetesError) -> HTTPClient {
        var http = HTTPClient.Configuration()
        http.tls = configuration.tls
        if let certificate {
            http.tls.certificatePEM = certificate.certificatePEM
            http.tls.privateKeyPEM = certificate.privateKeyPEM
        }
        http.userAgent = configuration.userAgent
        // Where the server has no HTTP/2 each watch holds a connection.
        http.maxConnectionsPerHost = 64
        http.maxResponseBytes = 512 << 20
        if let proxy = configuration.proxyURL { http.proxy = .url(proxy) }
        do {
            return try HTTPClient(http)
        } catch {
            throw KubernetesError(
                .configuration, "No client for \(configuration.server) can be made: \(error)", cause: error)
        }
    }
}
