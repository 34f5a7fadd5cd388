/// How a reconcile ended that did not fail.
package enum ReconcileResult: Sendable, Equatable {
    /// All is as it should be; look again when something changes.
    case done
    /// Look again after this time, or before when something changes.
    case requeue(after: Duration)
}
