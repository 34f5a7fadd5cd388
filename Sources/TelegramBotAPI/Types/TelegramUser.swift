/// `User` as `getMe` gives it, as far as the platform uses it.
package struct TelegramUser: Codable, Sendable, Equatable {
    package let id: Int64
    package let isBot: Bool
    package let firstName: String
    package let username: String?
    /// Whether the bot sees all messages of groups; `nil` where Telegram does not say.
    package let canReadAllGroupMessages: Bool?

    enum CodingKeys: String, CodingKey {
        case id, username
        case isBot = "is_bot"
        case firstName = "first_name"
        case canReadAllGroupMessages = "can_read_all_group_messages"
    }
}
