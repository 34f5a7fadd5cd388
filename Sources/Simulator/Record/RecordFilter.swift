/// Which recorded calls are meant; what is `nil` means all.
package struct RecordFilter: Sendable, Equatable {
    package var bot: Int64?
    /// In any case.
    package var method: String?
    package var chatID: Int64?
    /// Only calls after this sequence number.
    package var after: Int64 = 0
    /// Only calls that succeeded and went to a chat: what people would see.
    package var sentOnly = true

    package init(
        bot: Int64? = nil, method: String? = nil, chatID: Int64? = nil, after: Int64 = 0, sentOnly: Bool = true
    ) {
        self.bot = bot
        self.method = method
        self.chatID = chatID
        self.after = after
        self.sentOnly = sentOnly
    }

    func matches(_ call: RecordedCall) -> Bool {
        call.sequence > after && (bot == nil || bot == call.bot) && (chatID == nil || chatID == call.chatID)
            && (!sentOnly || (call.ok && call.chatID != nil))
            && (method == nil || method?.lowercased() == call.method.lowercased())
    }
}
