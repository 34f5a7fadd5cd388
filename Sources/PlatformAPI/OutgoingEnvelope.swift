package import JSON

/// The value of a record on a bot's outgoing topic: a Bot API call that the gateway makes for the worker.
package struct OutgoingEnvelope: Codable, Sendable, Equatable {
    /// A Bot API method: "sendMessage".
    package var method: String
    package var params: JSONValue
    /// Chosen by the worker, repeated in logs and dead letters.
    package var requestID: String?
    /// Accepted from old workers, which sent it; must be the bot's own. Never needed.
    package var botToken: String?

    package init(method: String, params: JSONValue, requestID: String? = nil) {
        self.method = method
        self.params = params
        self.requestID = requestID
    }

    private enum CodingKeys: String, CodingKey {
        case method, params
        case requestID = "request_id"
        case botToken = "bot_token"
    }
}
