/// How far the records of one partition have been worked off, out of order as they are. Pure.
struct PartitionProgress: Sendable, Equatable {
    /// What was taken and is not done.
    private var open: Set<Int64> = []
    /// The offset behind the last record that was taken.
    private var next: Int64
    /// What the group has committed, or had when the first record came.
    private var committed: Int64

    /// - Parameter first: the offset of the first record that is taken.
    init(first: Int64) {
        next = first
        committed = first
    }

    mutating func take(_ offset: Int64) {
        open.insert(offset)
        next = max(next, offset + 1)
    }

    mutating func finish(_ offset: Int64) { open.remove(offset) }

    /// The offset to commit: all below it is done. `nil` when that is committed already.
    var toCommit: Int64? {
        let done = open.min() ?? next
        return done > committed ? done : nil
    }

    mutating func commit(_ offset: Int64) { committed = max(committed, offset) }
}
