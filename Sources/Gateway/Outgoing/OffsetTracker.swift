/// Which records of a partition are finished, and therefore which offset may be committed: the first one that is not.
/// Pure. Records may finish out of order; a record that comes again (after a rebalance) is recognized.
struct OffsetTracker: Sendable, Equatable {
    /// Offsets taken and not finished, in the order they came.
    private var pending: Set<Int64> = []
    /// Offsets finished above one that is not.
    private var finished: Set<Int64> = []
    /// The next offset that was never seen; `nil` before the first.
    private var next: Int64?
    private var committed: Int64?

    /// Takes a record.
    /// - Returns: `false` when it is here already or was finished before: then it must not be worked on again.
    mutating func take(_ offset: Int64) -> Bool {
        guard !pending.contains(offset), !finished.contains(offset) else { return false }
        // Below everything that was committed: finished and forgotten.
        if let committed, offset < committed { return false }
        pending.insert(offset)
        next = max(next ?? 0, offset + 1)
        return true
    }

    mutating func finish(_ offset: Int64) {
        guard pending.remove(offset) != nil else { return }
        finished.insert(offset)
    }

    /// Forgets a record that will come again, to this gateway or another.
    mutating func abandon(_ offset: Int64) {
        pending.remove(offset)
    }

    /// The offset to commit; `nil` when it is what was committed last. Offsets that Kafka skips (aborted transactions,
    /// compaction) do not hold it up.
    var committable: Int64? {
        guard let next else { return nil }
        let offset = pending.min() ?? next
        return offset == committed ? nil : offset
    }

    mutating func didCommit(_ offset: Int64) {
        committed = max(committed ?? offset, offset)
        finished = finished.filter { $0 >= offset }
    }
}
