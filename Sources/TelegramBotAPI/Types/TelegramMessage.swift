/// `Message`, as far as who sent one needs it.
package struct TelegramMessage: Decodable, Sendable, Equatable {
    package struct Chat: Decodable, Sendable, Equatable {
        package let id: Int64
    }

    package let messageID: Int64
    package let chat: Chat
    /// Seconds since 1970.
    package let date: Int64
    package let text: String?

    enum CodingKeys: String, CodingKey {
        case chat, date, text
        case messageID = "message_id"
    }
}
