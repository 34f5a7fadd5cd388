/// What an ``Update`` needs of Telegram's object. All kinds of updates are read alike, those that do not exist yet
/// included: whatever has a chat has it under one of few names.
struct UpdateBody: Decodable {
    let updateID: Int64
    /// The name of the one member besides `update_id`.
    let kind: String
    let content: Content?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        updateID = try container.decode(Int64.self, forKey: Name("update_id"))
        let name = container.allKeys.map(\.stringValue).filter { $0 != "update_id" }.min()
        kind = name ?? ""
        content = name.flatMap { name in try? container.decode(Content.self, forKey: Name(name)) }
    }

    /// A name of any member.
    struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    /// An object with an `id`: a chat, a user.
    struct Party: Decodable { let id: Int64 }

    /// The message that a button stands on.
    struct Message: Decodable {
        let chat: Party?
        let messageID: Int64?

        private enum CodingKeys: String, CodingKey {
            case chat
            case messageID = "message_id"
        }
    }

    /// What happened. A member of another type than expected counts as absent.
    struct Content: Decodable {
        let chatID: Int64?
        let userID: Int64?
        let messageID: Int64?
        let message: Message?
        let text: String?
        let caption: String?
        let id: String?
        let data: String?

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            func member<Value: Decodable>(_ name: String, _ type: Value.Type) -> Value? {
                try? container.decode(type, forKey: Name(name))
            }
            message = member("message", Message.self)
            chatID =
                member("chat", Party.self)?.id ?? message?.chat?.id ?? member("voter_chat", Party.self)?.id
                ?? member("user_chat_id", Int64.self)
            userID = member("from", Party.self)?.id ?? member("user", Party.self)?.id
            messageID = member("message_id", Int64.self)
            text = member("text", String.self)
            caption = member("caption", String.self)
            id = member("id", String.self)
            data = member("data", String.self)
        }
    }
}
