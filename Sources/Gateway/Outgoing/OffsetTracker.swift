/// Which records of a partition are finished, and therefore which offset may be committed: the first one that is not.
/// Pure. Records may finish out of order.
///
/// It outlives the loss of its partition: what was still under way then, and what was finished but not committed, is
/// recognized when it comes again, so that it is not sent twice.
struct OffsetTracker: Sendable, Equatable {
    /// Offsets taken and not finished.
    private var working: Set<Int64> = []
    /// Offsets finished and not committed.
    private var finished: Set<Int64> = []
    /// The offset after the last one read since the partition was assigned; `nil` before the first.
    private var next: Int64?
    /// What the group has committed, as far as known; where reading began counts as committed.
    private var committed: Int64?

    /// Whether anything was read since the partition was assigned.
    var isReading: Bool { next != nil }

    /// Records finished ahead of what is committed: another gateway that takes over now repeats so many at most.
    var ahead: Int { finished.count }

    /// Whether the record was taken and nobody has finished it.
    func isWorking(on offset: Int64) -> Bool { working.contains(offset) }

    /// Takes a record.
    /// - Returns: `false` when it is here already or was finished before: then it must not be worked on again.
    mutating func take(_ offset: Int64) -> Bool {
        // Reading never goes back within one assignment, unless the topic was made anew: then these are other records.
        if let next, offset < next { self = OffsetTracker() }
        if next == nil {
            // Whoever had the partition in between has finished what is below.
            working = working.filter { $0 >= offset }
            finished = finished.filter { $0 >= offset }
            committed = offset
        }
        next = offset + 1
        guard !working.contains(offset), !finished.contains(offset) else { return false }
        working.insert(offset)
        return true
    }

    mutating func finish(_ offset: Int64) {
        guard working.remove(offset) != nil else { return }
        finished.insert(offset)
    }

    /// The offset to commit; `nil` when it is committed, or not known. Offsets that Kafka skips (aborted transactions,
    /// compaction) do not hold it up.
    var committable: Int64? {
        guard let next else { return nil }
        let offset = min(working.min() ?? next, next)
        return offset == committed ? nil : offset
    }

    mutating func didCommit(_ offset: Int64) {
        finished = finished.filter { $0 >= offset }
        if isReading { committed = offset }
    }

    /// The partition is gone. All that was taken will come again, here or elsewhere, but for what is still under way.
    /// - Parameter inFlight: records that are being worked on and cannot be stopped.
    mutating func endReading(keeping inFlight: Set<Int64>) {
        working.formIntersection(inFlight)
        next = nil
        committed = nil
    }

    /// A record that is not worked on any more though it is not finished. While its partition is being read it goes on
    /// holding up the commit, so that it comes again.
    mutating func abandon(_ offset: Int64) {
        if !isReading { working.remove(offset) }
    }
}
