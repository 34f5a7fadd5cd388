package import Observability

/// How a client proves itself and whom it trusts. All material is PEM from memory, so that none of it needs a file.
package struct TLS: Sendable {
    /// The certificates to trust instead of the system's; `nil`: the system's.
    package var caPEM: [UInt8]?

    /// The client's certificate, followed by its chain.
    package var certificatePEM: [UInt8]?

    /// The key of ``certificatePEM``, without a passphrase.
    package var privateKeyPEM: Sensitive<[UInt8]>?

    /// `false` accepts any certificate for any name. For development alone.
    package var verifyPeer: Bool

    /// The name to ask for (SNI) and to find in the certificate, when it is not the URL's host. The `Host` header stays
    /// the URL's.
    package var serverName: String?

    package init(
        caPEM: [UInt8]? = nil, certificatePEM: [UInt8]? = nil, privateKeyPEM: Sensitive<[UInt8]>? = nil,
        verifyPeer: Bool = true, serverName: String? = nil
    ) {
        self.caPEM = caPEM
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
        self.verifyPeer = verifyPeer
        self.serverName = serverName
    }
}
