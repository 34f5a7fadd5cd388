package import HTTPClient
package import Observability

/// How to reach an API server and who one is there.
package struct ClusterConfiguration: Sendable {
    /// "https://10.0.0.1:6443"; no slash at the end.
    package var server: String
    /// Whom to trust. A client certificate is better put into ``credentials``.
    package var tls: TLS
    /// The namespace of those who name none.
    package var namespace: String
    package var credentials: Credentials
    /// Header fields of every request: impersonation.
    package var headers: [(String, String)] = []
    /// "http://proxy:3128"; `nil` goes straight to the server, whatever the environment says.
    package var proxyURL: Sensitive<String>?
    package var userAgent = "telegram-serverless"
    /// For each request but watches, answer included. The server's own limit is 60 s.
    package var requestTimeout: Duration = .seconds(60)

    package init(
        server: String, tls: TLS = TLS(), namespace: String = "default", credentials: Credentials = .none
    ) {
        self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        self.tls = tls
        self.namespace = namespace
        self.credentials = credentials
    }
}
