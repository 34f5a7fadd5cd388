import Concurrency
import HTTPClient
import Observability

/// The HTTP client that requests go through; another one when an exec plugin gives another client certificate, and when
/// the connections of the one may be dead.
final class Transport: Sendable {
    /// How long an HTTP client that was replaced lives on, for the watches that still run on it (they end after ten
    /// minutes at most).
    private static let retirement: Duration = .seconds(660)

    private struct State {
        var client: HTTPClient
        var certificate: ClientCertificate?
        var retired: [HTTPClient] = []

        /// Answers the client that is to be retired.
        mutating func replaceClient(_ fresh: HTTPClient, _ certificate: ClientCertificate?) -> HTTPClient {
            let old = client
            client = fresh
            self.certificate = certificate
            retired.append(old)
            return old
        }
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
        retire(state.withLock { $0.replaceClient(fresh, certificate) })
        return fresh
    }

    /// A request on `client` got no answer in time. Its connection may be dead without anybody having said so, and with
    /// HTTP/2 all requests would go on sharing it until the kernel gives up after a quarter of an hour: so new requests
    /// get new connections.
    func renew(after client: HTTPClient) {
        guard isOwned else { return }
        let (isCurrent, certificate) = state.withLock { ($0.client === client, $0.certificate) }
        guard isCurrent else { return }
        do {
            let fresh = try Self.makeClient(configuration, certificate)
            // Of several requests that time out together only the first renews.
            if let old = state.withLock({ $0.client === client ? $0.replaceClient(fresh, certificate) : nil }) {
                retire(old)
            }
        } catch {
            // It could be made with the same settings before. The old one goes on, and so does the reason to try again.
        }
    }

    private func retire(_ old: HTTPClient) {
        Task {
            _ = await sleepUnlessCancelled(for: Self.retirement)
            await old.shutdown()
            state.withLock { state in state.retired.removeAll { $0 === old } }
        }
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
