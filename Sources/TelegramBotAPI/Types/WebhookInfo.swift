/// `WebhookInfo`: the webhook as Telegram has it.
package struct WebhookInfo: Decodable, Sendable, Equatable {
    /// Empty when no webhook is set.
    package let url: String
    package let pendingUpdateCount: Int
    package let hasCustomCertificate: Bool
    package let ipAddress: String?
    /// Seconds since 1970.
    package let lastErrorDate: Int64?
    package let lastErrorMessage: String?
    package let maxConnections: Int?
    /// `nil`: the default list.
    package let allowedUpdates: [String]?

    enum CodingKeys: String, CodingKey {
        case url
        case pendingUpdateCount = "pending_update_count"
        case hasCustomCertificate = "has_custom_certificate"
        case ipAddress = "ip_address"
        case lastErrorDate = "last_error_date"
        case lastErrorMessage = "last_error_message"
        case maxConnections = "max_connections"
        case allowedUpdates = "allowed_updates"
    }
}
