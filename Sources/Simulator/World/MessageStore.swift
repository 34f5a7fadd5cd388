/// The latest messages of all chats, as far as later calls need them.
struct MessageStore: Sendable {
    struct Key: Hashable, Sendable {
        let chat: Int64
        let message: Int64
    }

    struct Message: Sendable {
        /// The bot that sent it; `nil`: a person.
        let bot: Int64?
        let date: Int64
        var text: String
        /// `reply_markup` as JSON text; empty when there is none.
        var markup: String
        /// The members of the `Message` object that come from its content: `"text":…` or `"photo":…`.
        var content: String
    }

    /// More than these are forgotten, oldest first.
    static let capacity = 50_000

    private var messages: [Key: Message] = [:]
    private var order = FIFO<Key>()

    subscript(_ key: Key) -> Message? { messages[key] }

    mutating func insert(_ message: Message, at key: Key) {
        messages[key] = message
        order.append(key)
        while order.count > Self.capacity, let old = order.popFirst() { messages[old] = nil }
    }

    mutating func update(_ key: Key, _ change: (inout Message) -> Void) {
        guard var message = messages[key] else { return }
        change(&message)
        messages[key] = message
    }

    mutating func remove(_ key: Key) { messages[key] = nil }
}
