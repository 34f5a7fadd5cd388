/// Things to look at when their time has come, the earliest first: a binary heap.
struct DeadlineQueue<ID: Sendable, Instant: Comparable & Sendable>: Sendable {
    private var heap: [(instant: Instant, id: ID)] = []

    init() {}

    /// The time of the earliest entry.
    var earliest: Instant? { heap.first?.instant }

    mutating func insert(_ id: ID, at instant: Instant) {
        heap.append((instant, id))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].instant < heap[parent].instant else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the earliest entry if its time has come.
    mutating func popDue(_ now: Instant) -> ID? {
        guard let first = heap.first, first.instant <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].instant < heap[smallest].instant {
                smallest = child
            }
            guard smallest != parent else { return first.id }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
