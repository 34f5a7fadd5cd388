/// The decisions of the event recorder, without I/O: what is written at once, what is counted as a repeat, what is too
/// much. Times are those of any one monotonic clock.
struct EventFolder: Sendable {
    /// What makes two events the same.
    struct Identity: Hashable, Sendable {
        let regarding: ObjectReference
        let type: Event.Kind
        let reason: String
        let action: String
        /// What it is about besides the object; not written.
        var subject = ""
    }

    /// What became of an event.
    enum Outcome: Equatable, Sendable {
        /// Write it now; the name of its series is the identity given.
        case create
        /// Counted; comes with the next of ``due(now:)``.
        case folded
        /// The object had too many different events lately.
        case limited
    }

    /// Repeats to be written.
    struct Repeats: Equatable, Sendable {
        let identity: Identity
        /// How often it happened in all.
        let count: Int
        /// When it last happened, as given to ``record(_:now:time:)``.
        let lastObservedTime: String
    }

    private struct Series: Sendable {
        var count = 1
        var lastObservedTime: String
        var lastSeen: Duration
        var lastSent: Duration
    }

    private struct Bucket: Sendable {
        var tokens: Double
        var filledAt: Duration
    }

    private let settings: EventSettings
    private var series: [Identity: Series] = [:]
    /// When the unwritten repeats of a series are due.
    private var unsent = DeadlineHeap<Identity>()
    /// When a series ends unless it is seen again.
    private var endings = DeadlineHeap<Identity>()
    private var buckets: [ObjectReference: Bucket] = [:]

    init(_ settings: EventSettings) {
        self.settings = settings
    }

    /// How many series are remembered.
    var count: Int { series.count }

    /// Whether the series is remembered.
    func contains(_ identity: Identity) -> Bool { series[identity] != nil }

    /// Takes note of an event that happened at `time` (a timestamp, kept as it is).
    mutating func record(_ identity: Identity, now: Duration, time: String) -> Outcome {
        forgetEnded(now)
        if var known = series[identity] {
            known.count += 1
            known.lastSeen = now
            known.lastObservedTime = time
            series[identity] = known
            endings.set(identity, now + settings.window)
            if unsent[identity] == nil { unsent.set(identity, max(now, known.lastSent + settings.interval)) }
            return .folded
        }
        guard takeToken(identity.regarding, now) else { return .limited }
        while series.count >= max(1, settings.maximumSeries), let oldest = endings.popDue(.seconds(Int64.max / 4)) {
            forget(oldest)
        }
        series[identity] = Series(lastObservedTime: time, lastSeen: now, lastSent: now)
        endings.set(identity, now + settings.window)
        return .create
    }

    /// The repeats to be written now.
    mutating func due(now: Duration) -> [Repeats] {
        var all: [Repeats] = []
        while let identity = unsent.popDue(now) {
            guard var known = series[identity] else { continue }
            known.lastSent = now
            series[identity] = known
            all.append(Repeats(identity: identity, count: known.count, lastObservedTime: known.lastObservedTime))
        }
        forgetEnded(now)
        return all
    }

    /// All repeats that are not written yet, for the end.
    mutating func flush() -> [Repeats] {
        due(now: .seconds(Int64.max / 4))
    }

    /// When ``due(now:)`` has something; `nil` while there is nothing.
    mutating func nextDue() -> Duration? { unsent.earliest() }

    private mutating func forgetEnded(_ now: Duration) {
        while let identity = endings.popDue(now) {
            // Its repeats are still to be written; it ends afterwards.
            if let due = unsent[identity], due > now { endings.set(identity, due) } else { forget(identity) }
        }
    }

    private mutating func forget(_ identity: Identity) {
        series[identity] = nil
        unsent.remove(identity)
        endings.remove(identity)
    }

    private mutating func takeToken(_ object: ObjectReference, _ now: Duration) -> Bool {
        let full = Double(settings.burstPerObject)
        var bucket = buckets[object] ?? Bucket(tokens: full, filledAt: now)
        bucket.tokens = min(full, bucket.tokens + (now - bucket.filledAt) / settings.refillPerObject)
        bucket.filledAt = now
        defer { buckets[object] = bucket }
        if buckets.count >= max(1, settings.maximumSeries) { dropFullBuckets(now) }
        guard bucket.tokens >= 1 else { return false }
        bucket.tokens -= 1
        return true
    }

    private mutating func dropFullBuckets(_ now: Duration) {
        let full = Double(settings.burstPerObject)
        buckets = buckets.filter { $0.value.tokens + (now - $0.value.filledAt) / settings.refillPerObject < full }
        // All of them in use: forgetting is better than growing.
        if buckets.count >= settings.maximumSeries { buckets.removeAll() }
    }
}
