/// In which line of a work queue a key stands. The last of these goes first.
package enum WorkPriority: Sendable, Hashable, Comparable {
    /// What has failed before is tried again.
    case retry
    /// Work that may wait: the first pass over everything after a start.
    case background
    /// Something happened.
    case normal
}
