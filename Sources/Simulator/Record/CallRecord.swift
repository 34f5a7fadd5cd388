/// What bots called: the latest calls whole, all of them as counts.
struct CallRecord: Sendable {
    private struct Wait: Sendable {
        let filter: RecordFilter
        let count: Int
        /// How many have been seen so far.
        var seen: Int
    }

    let capacity: Int
    let maxBytes: Int
    private var calls = FIFO<RecordedCall>()
    private var bytes = 0
    private(set) var lastSequence: Int64 = 0
    /// Calls per bot and method, successes and failures apart, since the last clearing.
    private(set) var counts: [CallCount.Key: CallCount] = [:]
    private var waits: [UInt64: Wait] = [:]

    init(capacity: Int, maxBytes: Int) {
        self.capacity = capacity
        self.maxBytes = maxBytes
    }

    /// Keeps a call; gives the waits that it ends.
    mutating func append(_ make: (_ sequence: Int64) -> RecordedCall) -> [UInt64] {
        lastSequence += 1
        let call = make(lastSequence)
        calls.append(call)
        bytes += call.weight
        while calls.count > capacity || (bytes > maxBytes && calls.count > 1), let old = calls.popFirst() {
            bytes -= old.weight
        }
        let key = CallCount.Key(bot: call.bot, method: call.method)
        counts[key, default: CallCount(key)].add(ok: call.ok)
        guard !waits.isEmpty else { return [] }
        var ended: [UInt64] = []
        for (id, wait) in waits where wait.filter.matches(call) {
            waits[id]?.seen += 1
            if wait.seen + 1 >= wait.count { ended.append(id) }
        }
        for id in ended { waits[id] = nil }
        return ended
    }

    /// The matching calls, oldest first, `limit` at most.
    func select(_ filter: RecordFilter, limit: Int) -> [RecordedCall] {
        calls.first(limit, where: filter.matches)
    }

    /// Remembers who waits for `count` matching calls; `false` when they are there already.
    mutating func wait(_ id: UInt64, _ filter: RecordFilter, count: Int) -> Bool {
        let seen = select(filter, limit: count).count
        guard seen < count else { return false }
        waits[id] = Wait(filter: filter, count: count, seen: seen)
        return true
    }

    /// Forgets a wait; `false` when it had ended.
    mutating func cancelWait(_ id: UInt64) -> Bool { waits.removeValue(forKey: id) != nil }

    /// Forgets the calls and counts; sequence numbers go on.
    mutating func clear() {
        calls.removeAll()
        bytes = 0
        counts = [:]
    }
}
