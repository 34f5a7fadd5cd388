package import Concurrency

/// A reflector of any value, as a controller sees it.
package protocol WatchSource: Service {
    /// Whether its store may be relied on.
    var status: SourceStatus { get }
    /// Returns once its store may be relied on; throws `CancellationError` when the task is cancelled before.
    func waitUntilSynced() async throws
}
