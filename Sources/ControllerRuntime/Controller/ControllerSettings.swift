package import Concurrency

/// How a controller works.
package struct ControllerSettings: Sendable {
    /// How many objects are reconciled at the same time.
    package var workers = 4
    /// How long a reconcile keeps its worker while it waits for others than the API server (``WorkerSlot``).
    package var patience: Duration = .milliseconds(500)
    /// How many reconciles may wait so without a worker; further ones keep theirs.
    package var maxWaiting = 512
    /// Between tries of an object whose reconcile fails, by the number of its failures.
    package var backoff = Backoff(base: .milliseconds(500), maximum: .seconds(300))
    /// A reconcile that takes longer is cancelled and counts as failed; `nil`: none is.
    package var reconcileTimeout: Duration? = .seconds(300)
    /// How long running reconciles may go on after the shutdown; then they are cancelled.
    package var shutdownDeadline: Duration = .seconds(20)
    /// How often to look what the start still waits for.
    package var statusInterval: Duration = .seconds(10)

    package init() {}
}
