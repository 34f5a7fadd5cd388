/// What ``CallLimiter`` needs to know of a Bot API call.
package struct LimitedCall: Sendable, Equatable {
    /// What a call counts as.
    package enum Kind: Sendable, Equatable {
        /// Makes so many messages in a chat.
        case messages(Int)
        /// Changes a message.
        case edit
        /// All others. Answers to callback and inline queries among them: Telegram does not count them.
        case uncounted
    }

    package var kind: Kind
    /// The chat's id, or its `@name`; `nil` for a call about no chat.
    package var chat: String?
    /// One of many to many chats, which may wait for its turn.
    package var isBulk: Bool

    package init(kind: Kind, chat: String?, isBulk: Bool = false) {
        self.kind = kind
        self.chat = chat
        self.isBulk = isBulk
    }

    /// - Parameters:
    ///   - method: of the Bot API, in any case.
    ///   - items: of an album or of several messages that are copied or forwarded at once; telegram counts each.
    package init(method: String, chat: String?, items: Int = 1, isBulk: Bool = false) {
        let name = method.lowercased()
        let kind: Kind =
            if chat == nil {
                .uncounted
            } else if ["send", "copy", "forward"].contains(where: name.hasPrefix), RetryClass.of(name) == .creates {
                .messages(max(1, items))
            } else if name.hasPrefix("editmessage") || name == "stopmessagelivelocation" || name == "stoppoll" {
                .edit
            } else {
                .uncounted
            }
        self.init(kind: kind, chat: chat, isBulk: isBulk)
    }

    /// Whether the chat is a group or a channel: their ids are negative, and only they are called by an `@name`.
    package var isGroup: Bool { chat.map { $0.hasPrefix("-") || $0.hasPrefix("@") } ?? false }
}
