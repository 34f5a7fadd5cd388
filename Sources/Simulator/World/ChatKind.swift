/// `Chat.type`.
package enum ChatKind: String, Codable, Sendable {
    case `private`, group, supergroup, channel

    /// How error texts call it.
    var phrase: String {
        switch self {
        case .private: "private chat"
        case .group: "group chat"
        case .supergroup: "supergroup chat"
        case .channel: "channel chat"
        }
    }
}
