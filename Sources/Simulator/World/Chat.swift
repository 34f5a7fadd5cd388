/// A chat; a private one has its person's id.
struct Chat: Sendable {
    let id: Int64
    let kind: ChatKind
    /// The title of a group or channel, the first name of a private chat's person.
    var title: String
    var lastName: String?
    var username: String?
    /// How each bot stands in a group or channel.
    var bots: [Int64: BotMembership] = [:]
    /// The supergroup this group became.
    var migratedTo: Int64?
    private var lastMessageID: Int64 = 0

    init(id: Int64, kind: ChatKind, title: String, lastName: String? = nil, username: String? = nil) {
        self.id = id
        self.kind = kind
        self.title = title
        self.lastName = lastName
        self.username = username
    }

    /// The number of the next message.
    mutating func nextMessageID() -> Int64 {
        lastMessageID += 1
        return lastMessageID
    }

    /// `Chat` as it stands in messages.
    var json: String {
        JSONObjectWriter.object {
            $0.add("id", id)
            if kind == .private {
                $0.add("first_name", title)
                $0.addIfPresent("last_name", lastName)
            } else {
                $0.add("title", title)
            }
            $0.addIfPresent("username", username)
            $0.add("type", kind.rawValue)
        }
    }
}
