/// Which of the two lines of a work queue a key stands in.
package enum WorkPriority: Sendable, Hashable, Comparable {
    /// Work that may wait: the first pass over everything after a start.
    case background
    /// Something happened.
    case normal
}
