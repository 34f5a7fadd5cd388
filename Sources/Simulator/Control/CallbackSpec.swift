/// A press on a button of an inline keyboard.
package struct CallbackSpec: Codable, Sendable, Equatable {
    package var bot: Int64
    package var user: Int64
    /// Where the button's message stands; the private chat when `nil`.
    package var chat: Int64?
    /// The message the button stands on; the update has none when `nil`.
    package var messageID: Int64?
    package var data: String

    package init(bot: Int64, user: Int64, chat: Int64? = nil, messageID: Int64? = nil, data: String) {
        self.bot = bot
        self.user = user
        self.chat = chat
        self.messageID = messageID
        self.data = data
    }

    enum CodingKeys: String, CodingKey {
        case bot, user, chat, data
        case messageID = "message_id"
    }
}
