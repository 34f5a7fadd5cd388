/// What waits for a bot and where it goes.
package struct BotState: Codable, Sendable, Equatable {
    package let bot: BotInfo
    /// `nil`: no webhook is set.
    package let webhook: WebhookState?
    package let allowedUpdates: [String]
    /// Updates nobody has acknowledged.
    package let pending: Int
    /// Their size in bytes.
    package let pendingBytes: Int
    /// Of them being delivered right now.
    package let inFlight: Int
    /// The number of the next update.
    package let nextUpdateID: Int64
    package let isPolling: Bool
    package let isLoggedOut: Bool
    package let updates: DeliveryCounters

    enum CodingKeys: String, CodingKey {
        case bot, webhook, pending, updates
        case allowedUpdates = "allowed_updates"
        case pendingBytes = "pending_bytes"
        case inFlight = "in_flight"
        case nextUpdateID = "next_update_id"
        case isPolling = "polling"
        case isLoggedOut = "logged_out"
    }
}
