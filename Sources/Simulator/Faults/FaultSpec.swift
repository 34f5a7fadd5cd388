/// A fault to show to calls that match it. What is `nil` matches everything.
package struct FaultSpec: Codable, Sendable, Equatable {
    /// Cut off the connection without an answer.
    package enum Cut: String, Codable, Sendable {
        /// The call is not carried out.
        case before
        /// The call is carried out and recorded; its caller never learns.
        case after
    }

    /// Of which bot.
    package var bot: Int64?
    /// Which method, in any case.
    package var method: String?
    /// To which chat.
    package var chatID: Int64?

    /// Answer with this error instead of carrying the call out.
    package var errorCode: Int?
    /// Its text; Telegram's own for the code when `nil`.
    package var description: String?
    /// `parameters.retry_after` and the `Retry-After` header, seconds.
    package var retryAfter: Int?
    /// `parameters.migrate_to_chat_id`.
    package var migrateToChatID: Int64?
    /// This body instead of JSON, as a front proxy's page.
    package var body: String?
    /// Hold the answer back so long, real milliseconds; the call is carried out before.
    package var delayMilliseconds: Int?
    package var cut: Cut?

    /// How many calls see it; all until it is removed when `nil`.
    package var count: Int?
    /// Which part of the matching calls sees it, 0...1; all when `nil`.
    package var probability: Double?

    package init() {}

    enum CodingKeys: String, CodingKey {
        case bot, method, description, body, cut, count, probability
        case chatID = "chat_id"
        case errorCode = "error_code"
        case retryAfter = "retry_after"
        case migrateToChatID = "migrate_to_chat_id"
        case delayMilliseconds = "delay_ms"
    }

    /// Why it cannot be used; `nil` when it can.
    var problem: String? {
        if errorCode == nil, delayMilliseconds == nil, cut == nil {
            return "a fault needs error_code, delay_ms or cut: without one of them nothing would happen"
        }
        if let errorCode, !(400...599).contains(errorCode) { return "error_code must be 400 to 599" }
        if let count, count < 1 { return "count must be at least 1; leave it out for a fault that stays" }
        if let probability, !(probability > 0 && probability <= 1) {
            return "probability must be above 0 and at most 1"
        }
        if let delayMilliseconds, !(0...600_000).contains(delayMilliseconds) { return "delay_ms must be 0 to 600000" }
        if let retryAfter, retryAfter < 0 { return "retry_after must not be negative" }
        return nil
    }
}
