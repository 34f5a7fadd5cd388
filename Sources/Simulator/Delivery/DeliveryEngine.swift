import TelegramBotAPI

/// One bot's updates and the rules by which they leave: pure, the clock comes with each call.
///
/// Times are durations since the simulator's start. The rules are those of the official server's `WebhookActor`: one in
/// flight per queue, a failed update again at once, then after 2, 4, 8 … s up to 60 to 120 s; a single connection with
/// a try each 2 s when nothing has succeeded for 10 s; 410 for 23 h removes the webhook.
struct DeliveryEngine: Sendable {
    /// Bounds on what waits; beyond them new updates are dropped silently, as Telegram does.
    struct Limits: Sendable {
        var updates = 100_000
        var bytes = 128 << 20
    }

    private struct Queue: Sendable {
        enum State: Sendable { case ready, inFlight, sleeping(until: Duration) }

        var ids = FIFO<Int64>()
        var state = State.ready
        /// Of the first update: how often it failed, and the last delay in seconds.
        var failures = 0
        var delay = 1
    }

    /// The rules' constants.
    enum Rule {
        static let longestRetryAfter = 3600
        static let longestDelay = 60...120
        static let degradedAfter = Duration.seconds(10)
        static let degradedPause = Duration.seconds(2)
        static let goneFor = Duration.seconds(23 * 3600)
    }

    let botID: Int64
    let limits: Limits
    private(set) var nextUpdateID: Int64
    private(set) var webhook: Webhook?
    /// Which kinds are wanted, kept from one setting to the next. Kinds that are not known are always sent.
    var allowedUpdates = Self.defaultUpdates
    private(set) var counters = DeliveryCounters()
    /// The last failed try: seconds since 1970 and what went wrong.
    private(set) var lastError: (date: Int64, message: String)?
    private(set) var bytes = 0
    private(set) var inFlight = 0

    private var generation: Int
    private var pending: [Int64: PendingUpdate] = [:]
    private var order = FIFO<Int64>()
    private var queues: [UpdateQueueKey: Queue] = [:]
    private var ready = FIFO<UpdateQueueKey>()
    private var sleeping = TimerQueue<UpdateQueueKey>()
    /// Per lifetime the updates in the order in which they expire.
    private var expiring: [Duration: FIFO<Int64>] = [:]
    private var lastSuccess = Duration.zero
    private var failuresSinceSuccess = 0
    private var lastDegradedAttempt: Duration?
    private var goneSince: Duration?
    private var random: SeededRandom

    /// What `allowed_updates: []` means.
    static let defaultUpdates = Set(UpdateKind.known).subtracting(UpdateKind.onlyOnRequest)

    init(botID: Int64, firstUpdateID: Int64, limits: Limits = Limits(), random: SeededRandom) {
        self.botID = botID
        self.limits = limits
        self.random = random
        // Not the same for a bot that is made anew: results for its predecessor are none of its business.
        generation = Int(truncatingIfNeeded: self.random.next() >> 8)
        nextUpdateID = firstUpdateID
    }

    /// How many updates nobody has acknowledged.
    var pendingCount: Int { pending.count }

    /// When something wants to be tried without anything else happening before; `nil` when nothing does.
    func nextAttempt(now: Duration) -> Duration? {
        guard webhook != nil else { return nil }
        var next = sleeping.next
        if !ready.isEmpty, isDegraded(now), inFlight == 0, let last = lastDegradedAttempt {
            let again = last + Rule.degradedPause
            next = min(next ?? again, again)
        }
        return next
    }

    /// How many entries the books hold beside the updates themselves, for the test that they stay small.
    var bookkeepingCount: Int { order.count + expiring.values.reduce(0) { $0 + $1.count } }

    // MARK: In

    /// Takes an update in. `make` writes the whole Update object for the id it is given.
    /// - Parameter id: a number of the caller's choice (for tests of repeated updates); the next one when `nil`.
    /// - Returns: its number, or `nil` when it is not wanted or there is no room.
    mutating func enqueue(
        _ kind: UpdateKind, chatID: Int64?, userID: Int64?, id chosen: Int64? = nil, now: Duration,
        make: (Int64) -> [UInt8]
    ) -> Int64? {
        guard kind == .unknown || allowedUpdates.contains(kind) else {
            counters.unwanted += 1
            return nil
        }
        let id = chosen ?? nextUpdateID
        guard pending[id] == nil else { return nil }
        let body = make(id)
        guard pending.count < limits.updates, bytes + body.count <= limits.bytes else {
            counters.dropped += 1
            return nil
        }
        nextUpdateID = max(nextUpdateID, id + 1)
        let lifetime = PendingUpdate.lifetime(of: kind)
        let key = UpdateQueueKey(kind: kind, chatID: chatID, userID: userID, updateID: id)
        pending[id] = PendingUpdate(id: id, kind: kind, queue: key, body: body, expiresAt: now + lifetime)
        order.append(id)
        expiring[lifetime, default: FIFO()].append(id)
        bytes += body.count
        counters.accepted += 1
        if queues[key] == nil {
            queues[key] = Queue()
            ready.append(key)
        }
        queues[key]?.ids.append(id)
        forgetRemoved()
        return id
    }

    // MARK: Webhook

    /// Sets or (with `nil`) takes away the webhook. What was in flight is forgotten: it may be sent once more.
    mutating func setWebhook(_ new: Webhook?, dropPending: Bool, now: Duration) {
        webhook = new
        generation += 1
        inFlight = 0
        lastError = nil
        failuresSinceSuccess = 0
        lastSuccess = now
        lastDegradedAttempt = nil
        goneSince = nil
        ready.removeAll()
        sleeping.removeAll()
        if dropPending { drop() }
        let firsts = queues.compactMap { key, queue in queue.ids.first.map { (key, $0) } }
        for (key, _) in firsts.sorted(by: { $0.1 < $1.1 }) {
            queues[key]?.state = .ready
            queues[key]?.failures = 0
            queues[key]?.delay = 1
            ready.append(key)
        }
    }

    /// Forgets all updates.
    private mutating func drop() {
        counters.dropped += pending.count
        pending = [:]
        order.removeAll()
        queues = [:]
        expiring = [:]
        bytes = 0
    }

    /// What may be sent now. Each attempt must be answered by ``finish(_:_:now:)``.
    mutating func attempts(now: Moment) -> [DeliveryAttempt] {
        removeExpired(now: now.elapsed)
        guard let webhook else { return [] }
        while let key = sleeping.popDue(now.elapsed) {
            guard case .sleeping(let until)? = queues[key]?.state, until <= now.elapsed else { continue }
            queues[key]?.state = .ready
            ready.append(key)
        }
        var attempts: [DeliveryAttempt] = []
        let degraded = isDegraded(now.elapsed)
        let most = degraded ? 1 : webhook.maxConnections
        while inFlight < most, let key = ready.first {
            if degraded, let last = lastDegradedAttempt, now.elapsed < last + Rule.degradedPause { break }
            ready.popFirst()
            guard case .ready? = queues[key]?.state, let update = firstUpdate(of: key) else { continue }
            queues[key]?.state = .inFlight
            inFlight += 1
            if degraded { lastDegradedAttempt = now.elapsed }
            attempts.append(
                DeliveryAttempt(
                    botID: botID, updateID: update.id, queue: key, generation: generation, webhook: webhook,
                    body: update.body))
        }
        return attempts
    }

    /// Takes the result of an attempt.
    mutating func finish(_ attempt: DeliveryAttempt, _ outcome: DeliveryOutcome, now: Moment) {
        guard attempt.generation == generation else { return }
        inFlight -= 1
        switch outcome {
        case .acknowledged: acknowledge(attempt, now: now.elapsed)
        case .failed(let message, let status, let retryAfter):
            fail(attempt, status: status, retryAfter: retryAfter ?? 0, now: now.elapsed)
            lastError = (date: now.unixTime, message: message)
            if webhook == nil { lastError = nil }
        }
    }

    private mutating func acknowledge(_ attempt: DeliveryAttempt, now: Duration) {
        lastSuccess = now
        failuresSinceSuccess = 0
        lastDegradedAttempt = nil
        goneSince = nil
        if pending[attempt.updateID] != nil { counters.delivered += 1 }
        release(attempt.queue, without: attempt.updateID)
    }

    private mutating func fail(_ attempt: DeliveryAttempt, status: Int?, retryAfter: Int, now: Duration) {
        counters.failedAttempts += 1
        failuresSinceSuccess += 1
        if status == 410 {
            let since = goneSince ?? now
            goneSince = since
            if now - since > Rule.goneFor {
                setWebhook(nil, dropPending: false, now: now)
                return
            }
        } else {
            goneSince = nil
        }
        guard var queue = queues[attempt.queue], let update = pending[attempt.updateID] else {
            release(attempt.queue, without: attempt.updateID)
            return
        }
        var pause = min(max(retryAfter, 0), Rule.longestRetryAfter)
        if pause == 0, queue.failures > 0 {
            queue.delay = min(queue.delay * 2, Int.random(in: Rule.longestDelay, using: &random))
            pause = queue.delay
        }
        queue.failures += 1
        if now + .seconds(pause) > update.expiresAt {
            counters.expired += 1
            release(attempt.queue, without: attempt.updateID)
            return
        }
        queue.state = pause == 0 ? .ready : .sleeping(until: now + .seconds(pause))
        queues[attempt.queue] = queue
        if pause == 0 { ready.append(attempt.queue) } else { sleeping.insert(attempt.queue, at: now + .seconds(pause)) }
    }

    /// Ends an update and lets the next one of its queue go.
    private mutating func release(_ key: UpdateQueueKey, without id: Int64) {
        remove(id)
        guard queues[key] != nil else { return }
        queues[key]?.failures = 0
        queues[key]?.delay = 1
        queues[key]?.state = .ready
        ready.append(key)
    }

    private func isDegraded(_ now: Duration) -> Bool {
        failuresSinceSuccess > 0 && now - lastSuccess > Rule.degradedAfter
    }

    private func firstUpdate(of key: UpdateQueueKey) -> PendingUpdate? {
        queues[key]?.ids.first.flatMap { pending[$0] }
    }

    // MARK: Polling

    /// The answer to `getUpdates`: confirms what is below `offset` and gives what comes then. A negative offset keeps
    /// that many of the newest and forgets the others.
    mutating func poll(offset: Int64, limit: Int, now: Duration) -> [[UInt8]] {
        removeExpired(now: now)
        compactOrder()
        let ids = order.contents.filter { pending[$0] != nil }
        let confirmed = offset < 0 ? ids.dropLast(Int(min(-offset, Int64(ids.count)))) : ids.filter { $0 < offset }[...]
        for id in confirmed {
            remove(id)
            counters.confirmed += 1
        }
        compactOrder()
        return ids.filter { pending[$0] != nil }.prefix(limit).compactMap { pending[$0]?.body }
    }

    // MARK: Removal

    private mutating func removeExpired(now: Duration) {
        for lifetime in expiring.keys {
            while let id = expiring[lifetime]?.first {
                if let update = pending[id] {
                    guard update.expiresAt <= now else { break }
                    // What is in flight is left to its answer.
                    if case .inFlight? = queues[update.queue]?.state, queues[update.queue]?.ids.first == id { break }
                    counters.expired += 1
                    remove(id)
                }
                expiring[lifetime]?.popFirst()
            }
        }
    }

    private mutating func remove(_ id: Int64) {
        guard let update = pending.removeValue(forKey: id) else { return }
        bytes -= update.body.count
        let key = update.queue
        while let first = queues[key]?.ids.first, pending[first] == nil { queues[key]?.ids.popFirst() }
        if queues[key]?.ids.isEmpty == true { queues[key] = nil }
        compactOrder()
        if pending.isEmpty { expiring = [:] }
    }

    private mutating func compactOrder() {
        while let first = order.first, pending[first] == nil { order.popFirst() }
    }

    /// One queue that is stuck would keep the numbers of all updates that came and went behind it.
    private mutating func forgetRemoved() {
        guard order.count > 2 * pending.count + 4096 else { return }
        let pending = pending
        order.removeAll { pending[$0] == nil }
        for lifetime in expiring.keys { expiring[lifetime]?.removeAll { pending[$0] == nil } }
    }
}
