/// What became of something a user did, for one bot.
package struct UpdateReceipt: Codable, Sendable, Equatable {
    package let bot: Int64
    /// `nil`: the bot does not want this kind of update, or its queue is full.
    package let updateID: Int64?
    package let chatID: Int64?
    package let messageID: Int64?
    /// Of a callback query.
    package let queryID: String?
    /// Microseconds since 1970.
    package let time: Int64

    enum CodingKeys: String, CodingKey {
        case bot, time
        case updateID = "update_id"
        case chatID = "chat_id"
        case messageID = "message_id"
        case queryID = "query_id"
    }
}
