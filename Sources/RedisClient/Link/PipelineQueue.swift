/// Which answer belongs to whom: answers come in the order of the commands. Holds what was sent and not yet answered.
struct PipelineQueue<Batch> {
    private struct Entry {
        let batch: Batch
        let count: Int
        let deadline: ContinuousClock.Instant
        var replies: [RedisReply] = []
    }

    /// Those before `head` are done; they are thrown away now and then, not one by one.
    private var entries: [Entry?] = []
    private var head = 0

    init() {}

    var isEmpty: Bool { head == entries.count }

    /// When the oldest batch is overdue; all have the same patience, so none is before it.
    var deadline: ContinuousClock.Instant? { isEmpty ? nil : entries[head]?.deadline }

    /// - Parameter count: how many answers it will get, at least 1.
    mutating func append(_ batch: Batch, count: Int, deadline: ContinuousClock.Instant) {
        entries.append(Entry(batch: batch, count: count, deadline: deadline))
    }

    /// What became of one answer.
    enum Taken {
        /// Nobody waits for one.
        case unexpected
        /// The batch it belongs to waits for more.
        case kept
        /// The last answer of a batch, with all of them in order.
        case finished(Batch, [RedisReply])
    }

    /// The next answer.
    mutating func take(_ reply: RedisReply) -> Taken {
        guard !isEmpty, let count = entries[head]?.count else { return .unexpected }
        entries[head]?.replies.append(reply)
        guard let entry = entries[head], entry.replies.count == count else { return .kept }
        removeFirst()
        return .finished(entry.batch, entry.replies)
    }

    /// All that will not be answered any more, with the answers that they had, and whether their time was over.
    mutating func drain(at now: ContinuousClock.Instant) -> [(batch: Batch, replies: [RedisReply], isOverdue: Bool)] {
        defer {
            entries = []
            head = 0
        }
        return entries[head...].compactMap { $0 }.map { ($0.batch, $0.replies, $0.deadline <= now) }
    }

    private mutating func removeFirst() {
        entries[head] = nil
        head += 1
        if head == entries.count {
            entries.removeAll(keepingCapacity: head <= 4096)
            head = 0
        } else if head >= 1024, head * 2 >= entries.count {
            entries.removeFirst(head)
            head = 0
        }
    }
}
