/// Where a request's credential comes from.
protocol CredentialSource: Sendable {
    /// The credential to use now; throws ``KubernetesError``.
    func current() async throws -> Credential

    /// Another credential for one that the server answered with 401; `nil` when there is no other.
    func replacement(for refused: Credential) async throws -> Credential?
}

/// A credential that never changes.
struct FixedCredentialSource: CredentialSource {
    let credential: Credential

    func current() async throws -> Credential { credential }
    func replacement(for refused: Credential) async throws -> Credential? { nil }
}

extension Credentials {
    /// - Parameter server: what an exec plugin may be told about.
    func source(server: ClusterConfiguration) -> any CredentialSource {
        switch self {
        case .none: FixedCredentialSource(credential: Credential())
        case .token(let token): FixedCredentialSource(credential: Credential(token: token))
        case .tokenFile(let path): TokenFileSource(path: path)
        case .clientCertificate(let certificate):
            FixedCredentialSource(credential: Credential(certificate: certificate))
        case .exec(let plugin): ExecCredentialSource(plugin, server: server)
        }
    }
}
