/// Keys with the time at which each wants to be looked at: a binary heap. A key may stand in it more than once; who is
/// woken looks for himself whether there is anything to do.
struct TimerQueue<Key: Sendable>: Sendable {
    private var heap: [(at: Duration, key: Key)] = []

    /// When the first key wants to be woken.
    var next: Duration? { heap.first?.at }
    var isEmpty: Bool { heap.isEmpty }

    mutating func insert(_ key: Key, at time: Duration) {
        heap.append((at: time, key: key))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].at < heap[parent].at else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the first key if its time has come.
    mutating func popDue(_ now: Duration) -> Key? {
        guard let first = heap.first, first.at <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first.key
    }

    mutating func removeAll() { heap = [] }

    private mutating func sink() {
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { return }
            let right = left + 1
            let child = right < heap.count && heap[right].at < heap[left].at ? right : left
            guard heap[child].at < heap[parent].at else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
