package import Observability

/// What an HTTPS server proves its name with.
package struct ServerTLS: Sendable {
    /// The certificate and behind it its chain, PEM.
    package var certificatePEM: [UInt8]
    /// The private key without a pass phrase, PEM.
    package var privateKeyPEM: Sensitive<[UInt8]>

    package init(certificatePEM: [UInt8], privateKeyPEM: Sensitive<[UInt8]>) {
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
    }
}
