package import Concurrency

/// How a reflector lists and watches.
package struct ReflectorSettings: Sendable {
    /// Items a page. Small pages keep the peak of memory low.
    package var pageSize = 500
    /// Takes the first list from the server's cache (resourceVersion "0"): cheap for server and etcd, but servers send it
    /// as one page. Falls back to pages by itself when that is larger than the client takes. Turn it off for kinds with
    /// very many or large objects: of 10,000 objects of 4 kB it takes 100 MB at its peak, in pages of 500 it takes 25.
    package var listsFromCache = true
    /// Between tries after failures.
    package var backoff = Backoff(base: .milliseconds(250), maximum: .seconds(30), jitter: 0.5)
    /// A watch that lasted so long makes earlier failures forgotten.
    package var healthyAfter: Duration = .seconds(30)
    /// The server ends a watch after a time drawn from here, seconds.
    package var watchTimeout: ClosedRange<Int> = 300...600
    /// The kind may be missing in this cluster: that then counts as synced, with an empty store.
    package var isOptional = false
    /// For how long the server must have denied knowing the kind until that is believed. An API server that has just
    /// started answers 404 for custom resources that it does know.
    package var absenceConfirmation: Duration = .seconds(10)
    /// How often to look for an optional kind that is absent.
    package var absentRetry: Duration = .seconds(30)

    package init() {}
}
