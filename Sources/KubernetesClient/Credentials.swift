package import Observability

/// Who one is to the API server.
package enum Credentials: Sendable {
    /// Nobody, or whom the TLS client certificate names.
    case none
    /// A bearer token.
    case token(Sensitive<String>)
    /// A file with a bearer token, read again when it may have changed.
    case tokenFile(String)
    /// A TLS client certificate and its key, PEM.
    case clientCertificate(certificatePEM: [UInt8], privateKeyPEM: Sensitive<[UInt8]>)
}
