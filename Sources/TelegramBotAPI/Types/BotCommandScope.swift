/// `BotCommandScope`: who sees a list of commands. Of several lists a user sees the one of the narrowest scope.
package enum BotCommandScope: Sendable, Hashable {
    /// Everybody for whom no other list was set.
    case `default`
    case allPrivateChats
    case allGroupChats
    case allChatAdministrators
    case chat(TelegramChatID)
    case chatAdministrators(TelegramChatID)
    case chatMember(TelegramChatID, user: Int64)

    /// Telegram's name of the type.
    package var typeName: String {
        switch self {
        case .default: "default"
        case .allPrivateChats: "all_private_chats"
        case .allGroupChats: "all_group_chats"
        case .allChatAdministrators: "all_chat_administrators"
        case .chat: "chat"
        case .chatAdministrators: "chat_administrators"
        case .chatMember: "chat_member"
        }
    }

    /// The chat of the three scopes that have one.
    package var chat: TelegramChatID? {
        switch self {
        case .default, .allPrivateChats, .allGroupChats, .allChatAdministrators: nil
        case .chat(let chat), .chatAdministrators(let chat), .chatMember(let chat, _): chat
        }
    }

    /// The user of `chat_member`.
    package var user: Int64? {
        if case .chatMember(_, let user) = self { user } else { nil }
    }
}

extension BotCommandScope: Encodable {
    private enum CodingKeys: String, CodingKey {
        case type
        case chatID = "chat_id"
        case userID = "user_id"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(typeName, forKey: .type)
        try container.encodeIfPresent(chat, forKey: .chatID)
        try container.encodeIfPresent(user, forKey: .userID)
    }
}
