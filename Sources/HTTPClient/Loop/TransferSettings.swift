import Observability

/// What all transfers of a loop have in common.
struct TransferSettings {
    let configuration: HTTPClient.Configuration
    let authorities: PEMBlob?
    let certificate: PEMBlob?
    let key: PEMBlob?

    init(_ configuration: HTTPClient.Configuration) {
        self.configuration = configuration
        authorities = PEMBlob(configuration.tls.caPEM)
        certificate = PEMBlob(configuration.tls.certificatePEM)
        key = PEMBlob(configuration.tls.privateKeyPEM?.value)
    }
}
