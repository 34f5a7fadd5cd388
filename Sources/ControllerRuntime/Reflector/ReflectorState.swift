import Concurrency

/// The decisions of a reflector, without I/O: list page by page, then watch from the list's resourceVersion, resume where
/// a watch ended, list again when that has become too old. Times are those of any one monotonic clock.
package struct ReflectorState: Sendable {
    /// What to do next; its outcome goes into one of the mutating functions.
    package enum Step: Sendable, Equatable {
        case list(ListRequest)
        case watch(WatchRequest)
        case pause(Duration)
    }

    /// What follows from a failure besides the next step.
    package enum Consequence: Sendable, Equatable {
        case none
        /// The watch cannot go on: everything is listed again.
        case relist
        /// The server does not know the kind, confirmed: its objects are gone with it.
        case absent
    }

    private enum Phase: Sendable, Equatable {
        case listing(ListRequest)
        case watching(String)
    }

    private let settings: ReflectorSettings
    private var phase: Phase
    private var backoff: Backoff
    private var pause: Duration?
    private var limit: Int
    private var listsFromCache: Bool
    private var watchStart: Duration = .zero
    private var sawEvents = false
    private var notServedSince: Duration?
    private var isAbsent = false

    package init(_ settings: ReflectorSettings) {
        self.settings = settings
        backoff = settings.backoff
        limit = settings.pageSize
        listsFromCache = settings.listsFromCache
        phase = .listing(ListRequest(resourceVersion: settings.listsFromCache ? "0" : nil, limit: settings.pageSize))
    }

    /// Where the next watch goes on; `nil` while listing.
    package var resourceVersion: String? {
        if case .watching(let version) = phase { version } else { nil }
    }

    /// The next step. - Parameter random: 0...1.
    package mutating func next(now: Duration, random: Double = .random(in: 0...1)) -> Step {
        if let pause {
            self.pause = nil
            return .pause(pause)
        }
        switch phase {
        case .listing(let request): return .list(request)
        case .watching(let version):
            watchStart = now
            sawEvents = false
            let range = settings.watchTimeout
            let seconds = range.lowerBound + Int(Double(range.upperBound - range.lowerBound) * random)
            return .watch(WatchRequest(resourceVersion: version, timeoutSeconds: seconds))
        }
    }

    /// A page came. Answers whether the list is complete.
    package mutating func pageReceived(resourceVersion: String, continueToken: String?) -> Bool {
        notServedSince = nil
        isAbsent = false
        guard let continueToken else {
            phase = .watching(resourceVersion)
            limit = settings.pageSize
            return true
        }
        phase = .listing(ListRequest(limit: limit, continueToken: continueToken))
        return false
    }

    /// An event or a bookmark of the watch came: a later watch goes on behind it.
    package mutating func observed(resourceVersion: String) {
        sawEvents = true
        if case .watching = phase, !resourceVersion.isEmpty { phase = .watching(resourceVersion) }
    }

    /// The server ended the watch as it should, after its time-out.
    package mutating func watchEnded(now: Duration) {
        forgetFailuresIfHealthy(now)
        // A server (or a proxy) that ends every watch at once must not be asked without a pause.
        if now - watchStart < .seconds(1), !sawEvents { pause = backoff.next() }
    }

    /// The step failed.
    package mutating func failed(_ failure: ReflectorFailure, now: Duration) -> Consequence {
        let wasWatching = resourceVersion != nil
        let wasHealthy = wasWatching && forgetFailuresIfHealthy(now)
        if failure.kind != .notServed { notServedSince = nil }
        let consequence: Consequence =
            switch phase {
            case .watching: watchFailed(failure)
            case .listing(let request): listFailed(failure, request, now)
            }
        if failure.kind == .notServed, isAbsent {
            // Required kinds are looked for at least every few seconds: somebody is about to install them.
            pause = settings.isOptional ? settings.absentRetry : min(backoff.next(), .seconds(5))
        } else if failure.kind == .notServed, !wasWatching {
            pause = min(backoff.next(), max(settings.absenceConfirmation / 4, .milliseconds(100)))
        } else if consequence != .relist || !wasHealthy {
            pause = max(backoff.next(), failure.retryAfter ?? .zero)
        }
        return consequence
    }

    private mutating func watchFailed(_ failure: ReflectorFailure) -> Consequence {
        switch failure.kind {
        case .expired, .notServed:
            // Not from the cache: that could be older than what was seen already.
            phase = .listing(ListRequest(limit: limit))
            return .relist
        case .unreachable, .refused, .tooLarge, .other:
            return .none
        }
    }

    private mutating func listFailed(
        _ failure: ReflectorFailure, _ request: ListRequest, _ now: Duration
    ) -> Consequence {
        switch failure.kind {
        case .expired:
            // Fewer and larger pages, so that the last one comes before the first one's state is compacted away.
            if request.continueToken != nil { limit = min(limit * 4, 50_000) }
            phase = .listing(ListRequest(limit: limit))
        case .tooLarge:
            if request.resourceVersion == nil { limit = max(limit / 2, 1) }
            listsFromCache = false
            phase = .listing(ListRequest(limit: limit))
        case .notServed:
            phase = .listing(ListRequest(resourceVersion: listsFromCache ? "0" : nil, limit: limit))
            let since = notServedSince ?? now
            notServedSince = since
            if !isAbsent, now - since >= settings.absenceConfirmation {
                isAbsent = true
                return .absent
            }
        case .unreachable, .refused, .other:
            break
        }
        return .none
    }

    @discardableResult
    private mutating func forgetFailuresIfHealthy(_ now: Duration) -> Bool {
        guard now - watchStart >= settings.healthyAfter else { return false }
        backoff.reset()
        return true
    }
}
