package import JSON

/// One call that a bot made.
package struct RecordedCall: Codable, Sendable, Equatable {
    /// Its number, 1 for the first call of all bots.
    package let sequence: Int64
    /// Microseconds since 1970.
    package let time: Int64
    package let bot: Int64
    /// In the documentation's spelling.
    package let method: String
    /// The arguments as they came: values of JSON requests keep their types, others are strings. Files are objects with
    /// `filename`, `content_type` and `size`.
    package let parameters: JSONValue
    /// The chat it went to, a callback's answer counted to the chat of its button.
    package let chatID: Int64?
    /// The message that it made or changed.
    package let messageID: Int64?
    /// `text` or `caption`.
    package let text: String?
    package let ok: Bool
    /// Of the error it was answered with.
    package let errorCode: Int?
    package let description: String?
    /// It came as the answer to a webhook rather than as a call.
    package let viaWebhook: Bool

    enum CodingKeys: String, CodingKey {
        case time, bot, method, text, ok, description
        case sequence = "seq"
        case parameters = "params"
        case chatID = "chat_id"
        case messageID = "message_id"
        case errorCode = "error_code"
        case viaWebhook = "via_webhook"
    }

    /// What it takes in memory, roughly.
    var weight: Int { 200 + Self.weight(parameters) }

    private static func weight(_ value: JSONValue) -> Int {
        switch value {
        case .string(let text): 32 + text.utf8.count
        case .array(let values): values.reduce(32) { $0 + weight($1) }
        case .object(let members): members.reduce(32) { $0 + 16 + $1.key.utf8.count + weight($1.value) }
        default: 32
        }
    }
}
