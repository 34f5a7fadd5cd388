import TelegramBotAPI

/// The simulated Telegram: bots, people, chats, what waits to be delivered and what was sent. Pure: the clock comes with
/// each call, and what is to be done outside comes back as actions.
struct World: Sendable {
    let settings: WorldSettings
    var bots: [Int64: Bot] = [:]
    var tokens: [String: Int64] = [:]
    var people: [Int64: Person] = [:]
    var chats: [Int64: Chat] = [:]
    var messages = MessageStore()
    var files = FileStore()
    var faults = FaultTable()
    var record: CallRecord
    var queries = QueryStore()
    var random: SeededRandom
    /// Bots that want to be looked at, and when.
    private var timers = TimerQueue<Int64>()
    private var scheduled: [Int64: Duration] = [:]
    var nextPersonID: Int64 = 200_000_001
    var nextBotID: Int64 = 7_000_000_001
    var nextGroupID: Int64 = 1_001

    init(settings: WorldSettings = WorldSettings(), seed: UInt64) {
        self.settings = settings
        record = CallRecord(capacity: settings.recordCapacity, maxBytes: settings.recordBytes)
        random = SeededRandom(seed: seed)
    }

    /// When ``tick(_:)`` is wanted next.
    var nextWakeup: Duration? { timers.next }

    /// Does what is due: retries, the ends of long polls.
    mutating func tick(_ now: Moment) -> [WorldAction] {
        var actions: [WorldAction] = []
        while let bot = timers.popDue(now.elapsed) {
            scheduled[bot] = nil
            settle(bot, now, &actions)
        }
        return actions
    }

    /// Takes the result of a delivery.
    mutating func finish(_ attempt: DeliveryAttempt, _ outcome: DeliveryOutcome, _ now: Moment) -> [WorldAction] {
        var actions: [WorldAction] = []
        bots[attempt.botID]?.engine.finish(attempt, outcome, now: now)
        settle(attempt.botID, now, &actions)
        return actions
    }

    /// After a change of a bot's queues: answers its poll, sends what may be sent, remembers when to look again.
    mutating func settle(_ bot: Int64, _ now: Moment, _ actions: inout [WorldAction]) {
        guard bots[bot] != nil else { return }
        if let poll = bots[bot]?.poll {
            let updates = bots[bot]?.engine.poll(offset: poll.offset, limit: poll.limit, now: now.elapsed) ?? []
            if !updates.isEmpty || poll.deadline <= now.elapsed {
                bots[bot]?.poll = nil
                actions.append(.answer(call: poll.call, .updates(updates)))
            }
        }
        for attempt in bots[bot]?.engine.attempts(now: now) ?? [] { actions.append(.deliver(attempt)) }
        var next = bots[bot]?.engine.nextAttempt(now: now.elapsed)
        if let deadline = bots[bot]?.poll?.deadline { next = min(next ?? deadline, deadline) }
        if let next, scheduled[bot].map({ next < $0 }) ?? true {
            scheduled[bot] = next
            timers.insert(bot, at: next)
        }
    }

    /// Forgets everything but the faults' and calls' numbering.
    mutating func reset(_ actions: inout [WorldAction]) {
        for bot in bots.keys.sorted() { endPoll(of: bot, .unauthorized, &actions) }
        var fresh = World(settings: settings, seed: random.next())
        fresh.record = record
        fresh.record.clear()
        fresh.faults = faults
        fresh.faults.removeAll()
        self = fresh
    }

    /// Ends a waiting `getUpdates` with an error.
    mutating func endPoll(of bot: Int64, _ failure: APIFailure, _ actions: inout [WorldAction]) {
        guard let poll = bots[bot]?.poll else { return }
        bots[bot]?.poll = nil
        actions.append(.answer(call: poll.call, .failure(failure)))
    }

    /// Gives an update to a bot; `make` writes its content.
    /// - Returns: the update's number; `nil` when the bot does not want it or has no room.
    @discardableResult mutating func give(
        _ bot: Int64, _ kind: UpdateKind, chatID: Int64?, userID: Int64?, _ now: Moment,
        _ actions: inout [WorldAction], content: String
    ) -> Int64? {
        let id = bots[bot]?.engine.enqueue(kind, chatID: chatID, userID: userID, now: now.elapsed) { id in
            // The line feed is the official server's.
            Array("{\"update_id\":\(id),\n\"\(kind.rawValue)\":\(content)}".utf8)
        }
        if id != nil { settle(bot, now, &actions) }
        return id
    }
}
