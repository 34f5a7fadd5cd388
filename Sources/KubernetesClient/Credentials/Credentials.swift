package import Observability

/// Who one is to the API server.
package enum Credentials: Sendable {
    /// Nobody, or whom the TLS settings' client certificate names.
    case none
    /// A bearer token.
    case token(Sensitive<String>)
    /// A file with a bearer token, read again after a minute and after a 401.
    case tokenFile(String)
    /// A TLS client certificate and its key.
    case clientCertificate(ClientCertificate)
    /// A program that gives out tokens or certificates.
    case exec(ExecPlugin)
}
