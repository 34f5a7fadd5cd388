/// A group or channel to make, and the one made. Private chats exist by themselves.
package struct ChatSpec: Codable, Sendable, Equatable {
    package var id: Int64?
    package var type: ChatKind
    package var title: String?
    package var username: String?
    /// The bots in it and how they stand.
    package var bots: [Int64]?

    package init(
        id: Int64? = nil, type: ChatKind, title: String? = nil, username: String? = nil, bots: [Int64]? = nil
    ) {
        self.id = id
        self.type = type
        self.title = title
        self.username = username
        self.bots = bots
    }
}
