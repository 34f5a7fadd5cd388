import Observability

/// What one request shows.
struct Credential: Sendable, Equatable {
    var token: Sensitive<String>?
    var certificate: ClientCertificate?
}
