import TelegramBotAPI

/// The updates of one answer, by what has to stay in order. Pure.
struct PollBatch: Sendable {
    /// Updates of a chat (else a user) in their order, each with its number and fields; chats in the order of their first.
    private(set) var queues: [[PolledUpdate]] = []
    /// What is not an Update.
    private(set) var unreadable: [PolledUpdate] = []

    init(_ updates: [PolledUpdate]) {
        var places: [Int64: Int] = [:]
        for update in updates {
            guard let fields = update.fields else {
                unreadable.append(update)
                continue
            }
            if let place = places[fields.queueKey] {
                queues[place].append(update)
            } else {
                places[fields.queueKey] = queues.count
                queues.append([update])
            }
        }
    }
}
