/// Queries of users that bots have not answered yet.
struct QueryStore: Sendable {
    struct Query: Sendable {
        let bot: Int64
        let chatID: Int64?
        let expiresAt: Duration
    }

    /// More than these are forgotten, oldest first.
    static let capacity = 50_000

    private var queries: [String: Query] = [:]
    private var order = FIFO<String>()
    private var last: Int64 = 4_382_000_000_000_000_000

    /// Remembers a query; gives its id.
    mutating func open(bot: Int64, chatID: Int64?, expiresAt: Duration) -> String {
        last += 1
        insert("\(last)", Query(bot: bot, chatID: chatID, expiresAt: expiresAt))
        return "\(last)"
    }

    mutating func insert(_ id: String, _ query: Query) {
        queries[id] = query
        order.append(id)
        while order.count > Self.capacity, let old = order.popFirst() { queries[old] = nil }
    }

    subscript(_ id: String) -> Query? { queries[id] }

    mutating func close(_ id: String) { queries[id] = nil }
}
