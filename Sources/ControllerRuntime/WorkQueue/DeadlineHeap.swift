/// Keys with deadlines, the earliest first; a key stands in it once.
struct DeadlineHeap<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        let deadline: Duration
        /// Tells the key's present entry from those it replaced, and keeps equal deadlines in order.
        let ticket: UInt64
        let key: Key

        static func < (a: Entry, b: Entry) -> Bool {
            (a.deadline, a.ticket) < (b.deadline, b.ticket)
        }
    }

    private var heap: [Entry] = []
    private var present: [Key: (deadline: Duration, ticket: UInt64)] = [:]
    private var nextTicket: UInt64 = 0

    var count: Int { present.count }

    /// The deadline of `key`; `nil` when it has none.
    subscript(key: Key) -> Duration? { present[key]?.deadline }

    /// Sets the deadline of `key`, whatever it was.
    mutating func set(_ key: Key, _ deadline: Duration) {
        present[key] = (deadline, nextTicket)
        push(Entry(deadline: deadline, ticket: nextTicket, key: key))
        nextTicket += 1
        // Replaced entries are dropped when they surface; many of them that never do would be a leak.
        if heap.count > 64 + present.count * 2 { rebuild() }
    }

    mutating func remove(_ key: Key) {
        present[key] = nil
    }

    mutating func removeAll() {
        heap.removeAll()
        present.removeAll()
    }

    /// The earliest deadline there is.
    mutating func earliest() -> Duration? {
        dropReplaced()
        return heap.first?.deadline
    }

    /// Takes out the earliest key whose deadline is not after `now`.
    mutating func popDue(_ now: Duration) -> Key? {
        dropReplaced()
        guard let first = heap.first, first.deadline <= now else { return nil }
        pop()
        present[first.key] = nil
        return first.key
    }

    private mutating func dropReplaced() {
        while let first = heap.first, present[first.key]?.ticket != first.ticket { pop() }
    }

    private mutating func rebuild() {
        let entries = heap.filter { present[$0.key]?.ticket == $0.ticket }
        heap.removeAll(keepingCapacity: true)
        entries.forEach { push($0) }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [parent * 2 + 1, parent * 2 + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
