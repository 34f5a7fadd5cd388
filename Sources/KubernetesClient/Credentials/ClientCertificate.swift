package import Observability

/// A TLS client certificate.
package struct ClientCertificate: Sendable, Hashable {
    /// The certificate, followed by its chain.
    package let certificatePEM: [UInt8]
    package let privateKeyPEM: Sensitive<[UInt8]>

    package init(certificatePEM: [UInt8], privateKeyPEM: Sensitive<[UInt8]>) {
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
    }
}
