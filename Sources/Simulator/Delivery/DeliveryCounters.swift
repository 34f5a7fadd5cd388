/// What became of a bot's updates since its creation.
package struct DeliveryCounters: Codable, Sendable, Equatable {
    /// Taken into the queue.
    package var accepted = 0
    /// Left out because of `allowed_updates`.
    package var unwanted = 0
    /// Acknowledged by the webhook.
    package var delivered = 0
    /// Tries at the webhook that failed.
    package var failedAttempts = 0
    /// Confirmed by `getUpdates`.
    package var confirmed = 0
    /// Thrown away: too old.
    package var expired = 0
    /// Thrown away: too many, or `drop_pending_updates`.
    package var dropped = 0

    enum CodingKeys: String, CodingKey {
        case accepted, unwanted, delivered, confirmed, expired, dropped
        case failedAttempts = "failed_attempts"
    }
}
