/// A webhook as it was set, the secret included.
package struct WebhookState: Codable, Sendable, Equatable {
    package let url: String
    package let secretToken: String
    package let maxConnections: Int
    /// Seconds since 1970.
    package let lastErrorDate: Int64?
    package let lastErrorMessage: String?

    enum CodingKeys: String, CodingKey {
        case url
        case secretToken = "secret_token"
        case maxConnections = "max_connections"
        case lastErrorDate = "last_error_date"
        case lastErrorMessage = "last_error_message"
    }
}
