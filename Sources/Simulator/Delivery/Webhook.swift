/// Where a bot's updates go.
struct Webhook: Sendable, Equatable {
    var url: String
    var secretToken: String
    var maxConnections: Int
    var ipAddress: String?
    var hasCustomCertificate: Bool

    static let defaultConnections = 40
}
