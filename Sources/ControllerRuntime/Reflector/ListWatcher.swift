/// Where a reflector has its objects from: the API server through ``KubernetesListWatcher``, a script in tests. The
/// kind, the namespace and the selectors are the list watcher's own.
///
/// Both calls throw ``ReflectorFailure`` or `CancellationError`; anything else counts as ``ReflectorFailure/Kind/other``.
package protocol ListWatcher: Sendable {
    /// One page of a list.
    func list(_ request: ListRequest) async throws -> ListPage

    /// Watches until the server ends the watch (returns), or the connection or the server fails (throws), or the task is
    /// cancelled. The next event is read when `onEvent` has returned.
    func watch(_ request: WatchRequest, onEvent: @Sendable (RawObjectEvent) -> Void) async throws
}

/// Which page of a list.
package struct ListRequest: Sendable, Equatable {
    /// "0": whatever the server has cached; `nil`: the latest.
    package var resourceVersion: String?
    /// The most items a page may hold. Servers may send more when `resourceVersion` is "0".
    package var limit: Int
    /// The token of the page before.
    package var continueToken: String?

    package init(resourceVersion: String? = nil, limit: Int, continueToken: String? = nil) {
        self.resourceVersion = resourceVersion
        self.limit = limit
        self.continueToken = continueToken
    }
}

/// A page of a list.
package struct ListPage: Sendable, Equatable {
    /// The JSON of each item.
    package var items: [[UInt8]]
    /// The state of the cluster that the list shows.
    package var resourceVersion: String
    /// `nil` on the last page.
    package var continueToken: String?

    package init(items: [[UInt8]], resourceVersion: String, continueToken: String? = nil) {
        self.items = items
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
    }
}

/// What a watch is asked for.
package struct WatchRequest: Sendable, Equatable {
    /// The watch goes on behind this one.
    package var resourceVersion: String
    /// After how many seconds the server is to end the watch.
    package var timeoutSeconds: Int

    package init(resourceVersion: String, timeoutSeconds: Int) {
        self.resourceVersion = resourceVersion
        self.timeoutSeconds = timeoutSeconds
    }
}

/// What a watch brings, undecoded.
package enum RawObjectEvent: Sendable, Equatable {
    /// The server took the watch up; nothing has happened yet.
    case opened
    case added([UInt8])
    case modified([UInt8])
    case deleted([UInt8])
    /// Nothing happened up to this resourceVersion.
    case bookmark(resourceVersion: String)
}
