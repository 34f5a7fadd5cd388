package import Observability

/// TLS to the brokers, certificates and keys as PEM text in memory.
package struct KafkaTLS: Sendable {
    /// The authorities to trust; the system's when `nil`.
    package var caPEM: String?
    /// The client's certificate (with its chain), for mutual TLS; with ``privateKeyPEM``.
    package var certificatePEM: String?
    package var privateKeyPEM: Sensitive<String>?
    package var privateKeyPassword: Sensitive<String>?
    /// Whether the broker's name must be in its certificate.
    package var verifyHostname: Bool

    package init(
        caPEM: String? = nil, certificatePEM: String? = nil, privateKeyPEM: Sensitive<String>? = nil,
        privateKeyPassword: Sensitive<String>? = nil, verifyHostname: Bool = true
    ) {
        self.caPEM = caPEM
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
        self.privateKeyPassword = privateKeyPassword
        self.verifyHostname = verifyHostname
    }
}
