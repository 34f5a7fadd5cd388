/// How to reach an API server and who one is there.
package struct ClusterConfiguration: Sendable {
    /// "https://10.0.0.1:6443"; no slash at the end.
    package var server: String
    /// The namespace of those who name none.
    package var namespace: String
    package var credentials: Credentials

    package init(server: String, namespace: String = "default", credentials: Credentials = .none) {
        self.server = server
        self.namespace = namespace
        self.credentials = credentials
    }
}
