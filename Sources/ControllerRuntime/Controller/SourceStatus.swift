/// How far a source of objects is.
package enum SourceStatus: Sendable, Equatable {
    /// Its store shows the cluster.
    case synced
    /// Its store shows nothing yet, and why.
    case waiting(String)
}
