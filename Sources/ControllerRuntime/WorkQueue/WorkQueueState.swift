package import Concurrency

/// The decisions of a work queue, without waiting or locks. Times are those of any one monotonic clock.
///
/// - A key that is being worked on is not handed out again: adding it meanwhile lets it come up once more afterwards.
/// - Adding a key that waits already changes nothing, whether it waits in line or for a time: the earliest wins.
/// - Keys come up in the order of their adding, `normal` ones before `background` ones and those before what failed and is
///   tried again; every eighth key is of a later line while there are any, so that they do come up.
/// - No more than so many keys of the later lines, and still fewer of the last, are worked on at the same time, however
///   many workers are free: should all of them hang, the others are still served.
package struct WorkQueueState<Key: Hashable & Sendable>: Sendable {
    private struct Place: Sendable {
        let key: Key
        let ticket: UInt64
    }

    private var normal = FIFO<Place>()
    private var background = FIFO<Place>()
    private var retries = FIFO<Place>()
    /// Keys in line. An entry of a line whose ticket is not the one here is stale.
    private var queued: [Key: (ticket: UInt64, priority: WorkPriority)] = [:]
    /// Keys being worked on; the value says how urgently they are wanted once more.
    private var processing: [Key: WorkPriority?] = [:]
    /// Those of them that were handed out as others than normal ones, and have a worker.
    private var backgroundInWork: Set<Key> = []
    /// Those of these that were handed out as ones that failed before.
    private var retriesInWork: Set<Key> = []
    private let backgroundLimit: Int
    private let retryLimit: Int
    private var delayed = DeadlineHeap<Key>()
    private var failures: [Key: Int] = [:]
    private var nextTicket: UInt64 = 0
    private var sinceBackground = 0
    private var sinceRetry = 0
    private let retry: Backoff

    /// No more keys are taken.
    package private(set) var isShutDown = false

    /// - Parameters:
    ///   - retry: the delays of ``addRateLimited(_:now:random:)``; its own count is not used.
    ///   - backgroundLimit: how many keys that are not `normal` may be worked on at the same time.
    ///   - retryLimit: how many of those may have failed before.
    package init(retry: Backoff, backgroundLimit: Int = .max, retryLimit: Int = .max) {
        self.retry = retry
        self.backgroundLimit = backgroundLimit
        self.retryLimit = retryLimit
    }

    /// Keys in line.
    package var depth: Int { queued.count }
    /// Keys waiting for a time.
    package var delayedCount: Int { delayed.count }
    /// Keys being worked on.
    package var processingCount: Int { processing.count }
    /// Nothing in line and nothing being worked on.
    package var isIdle: Bool { queued.isEmpty && processing.isEmpty }
    /// Shut down, and no key will come up any more.
    package var isFinished: Bool { isShutDown && queued.isEmpty && !processing.values.contains { $0 != nil } }
    /// Keys whose failures are remembered.
    package var failingCount: Int { failures.count }

    /// Puts `key` in line. Answers whether that made a difference.
    @discardableResult
    package mutating func add(_ key: Key, priority: WorkPriority = .normal) -> Bool {
        guard !isShutDown else { return false }
        delayed.remove(key)
        return enqueue(key, priority)
    }

    /// Lets `key` come up at `deadline`, unless it comes up before anyway. Answers whether that made a difference.
    @discardableResult
    package mutating func add(_ key: Key, at deadline: Duration, now: Duration) -> Bool {
        guard deadline > now else { return add(key) }
        guard !isShutDown, queued[key] == nil else { return false }
        if case .some(.some) = processing[key] { return false }
        if let known = delayed[key], known <= deadline { return false }
        delayed.set(key, deadline)
        return true
    }

    /// Counts one more failure of `key` and lets it come up after the back-off for so many. Answers the delay.
    @discardableResult
    package mutating func addRateLimited(
        _ key: Key, now: Duration, random: Double = .random(in: 0...1)
    ) -> Duration {
        let count = failures[key, default: 0]
        failures[key] = count + 1
        let delay = Backoff.delay(
            failures: count, base: retry.base, maximum: retry.maximum, factor: retry.factor, jitter: retry.jitter,
            random: random)
        add(key, at: now + delay, now: now)
        return delay
    }

    /// Forgets the failures of `key`: it succeeded.
    package mutating func forget(_ key: Key) {
        failures[key] = nil
    }

    /// How often `key` failed since it last succeeded.
    package func failures(of key: Key) -> Int { failures[key, default: 0] }

    /// Puts the keys in line whose time has come, behind all in which something happened. Answers how many.
    @discardableResult
    package mutating func fireDue(now: Duration) -> Int {
        var fired = 0
        while let key = delayed.popDue(now) {
            if enqueue(key, failures[key] == nil ? .background : .retry) { fired += 1 }
        }
        return fired
    }

    /// When ``fireDue(now:)`` is to be called next; `nil` while nothing waits for a time.
    package mutating func nextDeadline() -> Duration? { delayed.earliest() }

    /// Hands out the next key; ``done(_:)`` must follow. `nil` when none is in line that may be worked on now.
    package mutating func next() -> Key? {
        let wantsBackground = sinceBackground >= 7
        guard let key = wantsBackground ? popLater() ?? pop(.normal) : pop(.normal) ?? popLater() else { return nil }
        processing.updateValue(nil, forKey: key)
        return key
    }

    private mutating func popLater() -> Key? {
        sinceRetry >= 7 ? pop(.retry) ?? pop(.background) : pop(.background) ?? pop(.retry)
    }

    /// The work on `key` goes on, but has no worker any more: it counts for no limit.
    package mutating func stepAside(_ key: Key) {
        backgroundInWork.remove(key)
        retriesInWork.remove(key)
    }

    /// The work on `key` has ended. Was it added meanwhile, it comes up again (also when the queue drains).
    package mutating func done(_ key: Key) {
        stepAside(key)
        guard let again = processing.removeValue(forKey: key), let again else { return }
        _ = enqueue(key, again)
    }

    /// Takes nothing more and forgets what waits for a time. What is in line is still handed out unless it is discarded.
    package mutating func shutDown(discarding: Bool) {
        isShutDown = true
        delayed.removeAll()
        guard discarding else { return }
        queued.removeAll()
        normal.removeAll()
        background.removeAll()
        retries.removeAll()
        for key in processing.keys { processing.updateValue(nil, forKey: key) }
    }

    private mutating func enqueue(_ key: Key, _ priority: WorkPriority) -> Bool {
        if let again = processing[key] {
            if let again, again >= priority { return false }
            processing.updateValue(priority, forKey: key)
            return again == nil
        }
        if let known = queued[key], known.priority >= priority { return false }
        let isNew = queued[key] == nil
        let place = Place(key: key, ticket: nextTicket)
        queued[key] = (nextTicket, priority)
        nextTicket += 1
        switch priority {
        case .normal: normal.append(place)
        case .background: background.append(place)
        case .retry: retries.append(place)
        }
        return isNew
    }

    private mutating func pop(_ priority: WorkPriority) -> Key? {
        if priority != .normal, backgroundInWork.count >= backgroundLimit { return nil }
        if priority == .retry, retriesInWork.count >= retryLimit { return nil }
        while let place = popFirst(priority) {
            guard let current = queued[place.key], current.ticket == place.ticket else { continue }
            queued[place.key] = nil
            if priority == .normal {
                sinceBackground += 1
                return place.key
            }
            sinceBackground = 0
            backgroundInWork.insert(place.key)
            sinceRetry = priority == .retry ? 0 : sinceRetry + 1
            if priority == .retry { retriesInWork.insert(place.key) }
            return place.key
        }
        return nil
    }

    private mutating func popFirst(_ priority: WorkPriority) -> Place? {
        switch priority {
        case .normal: normal.popFirst()
        case .background: background.popFirst()
        case .retry: retries.popFirst()
        }
    }
}
