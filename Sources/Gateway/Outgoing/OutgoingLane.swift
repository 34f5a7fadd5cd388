import Concurrency
import JSON
import TelegramBotAPI

/// The outgoing calls of one partition of one bot: in order within a chat, chats side by side. Pure; the clock comes in
/// from outside.
///
/// Calls wait their turn by Telegram's limits, see `CallLimiter`. Broadcasts stand in lines of their own: an answer never
/// waits for one, not in its own chat either.
struct OutgoingLane: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Queue: Sendable {
        /// In order; while a call is under way its record is not here.
        var waiting: [OutgoingItem] = []
        var isBusy = false
        var notBefore: Instant?
    }

    private struct Line: Hashable, Sendable {
        let order: OutgoingOrder
        let isBroadcast: Bool

        init(_ item: OutgoingItem) {
            order = item.order
            isBroadcast = item.isBroadcast
        }
    }

    private var queues: [Line: Queue] = [:]
    private var inFlight = 0
    private var broadcastsInFlight = 0
    private var botNotBefore: Instant?
    /// Shared with what else calls for the bot.
    private let limiter: BotLimiter
    /// Groups that became supergroups.
    private var migrations: [OutgoingOrder: Int64] = [:]
    private let callsAtOnce: Int
    /// The last call that ended was not answered.
    private var isSilent = false

    /// Records waiting or under way.
    private(set) var count = 0

    /// The token that the Bot API refused; `nil` when the bot is not paused for that.
    private(set) var refusedToken: String?

    init(callsAtOnce: Int, limiter: BotLimiter = BotLimiter()) {
        self.callsAtOnce = callsAtOnce
        self.limiter = limiter
    }

    mutating func add(_ item: OutgoingItem) {
        var item = item
        if let chat = migrations[item.order] { item.rewrite(chat: chat) }
        queues[Line(item), default: Queue()].waiting.append(item)
        count += 1
    }

    /// The records to call the Bot API for now, and when to ask again if nothing happens before.
    mutating func start(now: Instant) -> (items: [OutgoingItem], wakeAt: Instant?) {
        if let botNotBefore, botNotBefore > now { return ([], botNotBefore) }
        var items: [OutgoingItem] = []
        var wakeAt: Instant?
        // Answers first; among them the chat that has waited longest: its first record has the lowest offset.
        let ready = queues.filter { !$0.value.isBusy && !$0.value.waiting.isEmpty }
            .sorted {
                ($0.key.isBroadcast ? 1 : 0, $0.value.waiting.first?.offset ?? 0)
                    < ($1.key.isBroadcast ? 1 : 0, $1.value.waiting.first?.offset ?? 0)
            }
        for (line, queue) in ready {
            // The end of a call asks again.
            guard inFlight < (isSilent ? 1 : callsAtOnce) else { break }
            // There is always room for an answer.
            if line.isBroadcast, broadcastsInFlight >= max(1, callsAtOnce / 2) { break }
            guard let first = queue.waiting.first else { continue }
            let notBefore = queue.notBefore.flatMap { $0 > now ? $0 : nil }
            if let at = notBefore ?? limiter.take(first.limitedCall, now: now) {
                wakeAt = min(wakeAt ?? at, at)
                continue
            }
            guard var item = queues[line]?.waiting.removeFirst() else { continue }
            queues[line]?.isBusy = true
            inFlight += 1
            if line.isBroadcast { broadcastsInFlight += 1 }
            item.attempts += 1
            item.firstTry = item.firstTry ?? now
            items.append(item)
        }
        return (items, wakeAt)
    }

    /// A call has ended, with an answer or without. While there are none the bot makes one call at a time: those that hang
    /// hold connections which other bots need.
    mutating func note(isAnswered: Bool) { isSilent = !isAnswered }

    /// The record is through: delivered, a dead letter, or left to another gateway.
    mutating func finish(_ item: OutgoingItem) {
        let line = Line(item)
        guard release(line) else { return }
        count -= 1
        queues[line]?.notBefore = nil
        if queues[line]?.waiting.isEmpty == true { queues[line] = nil }
    }

    /// The record must be called for again, before all others of its chat.
    /// - Parameters:
    ///   - delay: not before.
    ///   - isFlood: a 429, as opposed to a fault.
    mutating func retry(_ item: OutgoingItem, after delay: Duration, isFlood: Bool, now: Instant) {
        let line = Line(item)
        guard release(line) else { return }
        let until = now + delay
        queues[line]?.waiting.insert(item, at: 0)
        queues[line]?.notBefore = until
        if isFlood { limiter.refused(item.limitedCall, until: until, now: now) }
    }

    /// The record's group has become a supergroup: it and all that wait for the group go there, in their order and before
    /// what waits there already; so does what comes later.
    mutating func migrate(_ item: OutgoingItem, to chat: Int64) {
        guard release(Line(item)) else { return }
        queues[Line(item)]?.waiting.insert(item, at: 0)
        let old = item.order
        migrations[old] = chat
        for line in queues.keys.filter({ $0.order == old }) {
            guard let queue = queues[line] else { continue }
            let moved = queue.waiting.map { item in
                var item = item
                item.rewrite(chat: chat)
                return item
            }
            // What is under way is told of the new chat itself.
            queues[line] = queue.isBusy ? Queue(isBusy: true) : nil
            if let first = moved.first {
                queues[Line(first), default: Queue()].waiting.insert(contentsOf: moved, at: 0)
            }
        }
    }

    /// The bot's token was refused: the record and all others wait for `delay`, or until ``resumeBot()``.
    mutating func pauseBot(_ item: OutgoingItem, token: String, for delay: Duration, now: Instant) {
        var item = item
        // The time without a good token does not count towards giving up.
        item.firstTry = nil
        retry(item, after: .zero, isFlood: false, now: now)
        refusedToken = token
        botNotBefore = max(botNotBefore ?? now, now + delay)
    }

    /// The bot has another token.
    mutating func resumeBot() {
        refusedToken = nil
        botNotBefore = nil
        limiter.reset()
    }

    /// Takes away what waits (not what is under way).
    mutating func drop() {
        for (line, queue) in queues {
            count -= queue.waiting.count
            queues[line] = queue.isBusy ? Queue(isBusy: true) : nil
        }
    }

    /// `false` when no call of that line is under way.
    private mutating func release(_ line: Line) -> Bool {
        guard queues[line]?.isBusy == true else { return false }
        queues[line]?.isBusy = false
        inFlight -= 1
        if line.isBroadcast { broadcastsInFlight -= 1 }
        return true
    }
}
