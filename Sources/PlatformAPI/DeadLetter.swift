package import FoundationEssentials

/// The value of a record on a bot's dead-letter topic: what could not be delivered, and why.
package struct DeadLetter: Codable, Sendable, Equatable {
    /// "incoming" or "outgoing".
    package var direction: String
    package var botID: String
    /// One word for machines, such as "bad_request" or "outcome_unknown"; docs/gateway.md lists them all.
    package var reason: String
    /// What Telegram or the gateway said.
    package var description: String
    /// Telegram's error code, when it gave one.
    package var errorCode: Int?
    package var method: String?
    package var requestID: String?
    package var attempts: Int
    /// RFC 3339.
    package var failedAt: String
    /// The record's value as it was (base64 in JSON).
    package var record: Data

    package init(
        direction: String, botID: BotID, reason: String, description: String, errorCode: Int? = nil,
        method: String? = nil, requestID: String? = nil, attempts: Int, failedAt: String, record: Data
    ) {
        self.direction = direction
        self.botID = botID.description
        self.reason = reason
        self.description = description
        self.errorCode = errorCode
        self.method = method
        self.requestID = requestID
        self.attempts = attempts
        self.failedAt = failedAt
        self.record = record
    }

    private enum CodingKeys: String, CodingKey {
        case direction, reason, description, method, attempts, record
        case botID = "bot_id"
        case errorCode = "error_code"
        case requestID = "request_id"
        case failedAt = "failed_at"
    }
}
