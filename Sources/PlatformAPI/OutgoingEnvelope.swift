package import JSON

/// The value of a record on a bot's outgoing topic: a Bot API call that the gateway makes for the worker.
package struct OutgoingEnvelope: Codable, Sendable, Equatable {
    /// Names of the record's headers; it needs none.
    package enum Header {
        /// The W3C trace that the call belongs to.
        package static let traceparent = "traceparent"
    }

    /// A Bot API method: "sendMessage".
    package var method: String
    package var params: JSONValue
    /// Chosen by the worker, repeated in logs and dead letters.
    package var requestID: String?
    /// Accepted from old workers, which sent it; must be the bot's own. Never needed.
    package var botToken: String?
    /// `nil`: ``Priority/interactive``.
    package var priority: Priority?

    /// `true`: what becomes of the call is told on the bot's results topic. See ``CallResult``.
    package var wantsResult: Bool?

    /// How urgent a call is.
    package enum Priority: String, Codable, Sendable {
        /// Somebody waits for it.
        case interactive
        /// One of many to many chats. Waits for those that are interactive, and keeps to Telegram's limit on bulk messages.
        case broadcast
    }

    package init(
        method: String, params: JSONValue, requestID: String? = nil, priority: Priority? = nil,
        wantsResult: Bool? = nil
    ) {
        self.wantsResult = wantsResult
        self.method = method
        self.params = params
        self.requestID = requestID
        self.priority = priority
    }

    private enum CodingKeys: String, CodingKey {
        case method, params, priority
        case requestID = "request_id"
        case botToken = "bot_token"
        case wantsResult = "wants_result"
    }
}
