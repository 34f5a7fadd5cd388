/// Many messages of many users to one bot, for load tests.
package struct LoadSpec: Codable, Sendable, Equatable {
    package var bot: Int64
    /// How many users write, each in a private chat; their ids begin at `firstUser`.
    package var users: Int
    /// How many messages all together; user by user in turn.
    package var messages: Int
    package var firstUser: Int64?
    /// Each message's text, `#` and its number behind it.
    package var text: String?

    package init(bot: Int64, users: Int, messages: Int, firstUser: Int64? = nil, text: String? = nil) {
        self.bot = bot
        self.users = users
        self.messages = messages
        self.firstUser = firstUser
        self.text = text
    }

    enum CodingKeys: String, CodingKey {
        case bot, users, messages, text
        case firstUser = "first_user"
    }
}
