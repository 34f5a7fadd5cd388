import Concurrency
import JSON
import TelegramBotAPI

/// The outgoing calls of one partition of one bot: in order within a chat, chats side by side. Pure; the clock comes in
/// from outside.
///
/// A 429 pauses the chat it came for. When several chats are paused at the same time the limit is taken for the bot's:
/// then all of it pauses until the first of them may be tried again.
struct OutgoingLane: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Queue: Sendable {
        /// In order; while a call is under way its record is not here.
        var waiting: [OutgoingItem] = []
        var isBusy = false
        var notBefore: Instant?
    }

    /// So many chats flooded at once mean that the bot as a whole is.
    static let chatsOfAFloodedBot = 3

    private var queues: [OutgoingOrder: Queue] = [:]
    private var inFlight = 0
    private var botNotBefore: Instant?
    /// Chats with a 429, and until when they pause.
    private var floods: [OutgoingOrder: Instant] = [:]
    /// Groups that became supergroups.
    private var migrations: [OutgoingOrder: Int64] = [:]
    private let callsAtOnce: Int
    /// The last call that ended was not answered.
    private var isSilent = false

    /// Records waiting or under way.
    private(set) var count = 0

    /// The token that the Bot API refused; `nil` when the bot is not paused for that.
    private(set) var refusedToken: String?

    init(callsAtOnce: Int) { self.callsAtOnce = callsAtOnce }

    mutating func add(_ item: OutgoingItem) {
        var item = item
        if let chat = migrations[item.order] { item.rewrite(chat: chat) }
        queues[item.order, default: Queue()].waiting.append(item)
        count += 1
    }

    /// The records to call the Bot API for now, and when to ask again if nothing happens before.
    mutating func start(now: Instant) -> (items: [OutgoingItem], wakeAt: Instant?) {
        if let botNotBefore, botNotBefore > now { return ([], botNotBefore) }
        var items: [OutgoingItem] = []
        var wakeAt: Instant?
        // The chat that has waited longest comes first: its first record has the lowest offset.
        let ready = queues.filter { !$0.value.isBusy && !$0.value.waiting.isEmpty }
            .sorted { ($0.value.waiting.first?.offset ?? 0) < ($1.value.waiting.first?.offset ?? 0) }
        for (order, queue) in ready {
            if let notBefore = queue.notBefore, notBefore > now {
                wakeAt = min(wakeAt ?? notBefore, notBefore)
                continue
            }
            // The end of a call asks again.
            guard inFlight < (isSilent ? 1 : callsAtOnce), var item = queues[order]?.waiting.removeFirst() else {
                continue
            }
            queues[order]?.isBusy = true
            inFlight += 1
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
        guard release(item.order) else { return }
        count -= 1
        queues[item.order]?.notBefore = nil
        if queues[item.order]?.waiting.isEmpty == true { queues[item.order] = nil }
    }

    /// The record must be called for again, before all others of its chat.
    /// - Parameters:
    ///   - delay: not before.
    ///   - isFlood: a 429, as opposed to a fault.
    mutating func retry(_ item: OutgoingItem, after delay: Duration, isFlood: Bool, now: Instant) {
        guard release(item.order) else { return }
        let until = now + delay
        queues[item.order]?.waiting.insert(item, at: 0)
        queues[item.order]?.notBefore = until
        guard isFlood else { return }
        floods = floods.filter { $0.value > now }
        floods[item.order] = until
        if floods.count >= Self.chatsOfAFloodedBot, let first = floods.values.min() {
            botNotBefore = max(botNotBefore ?? first, first)
        }
    }

    /// The record's group has become a supergroup: it and all that wait for the group go there, in their order and before
    /// what waits there already; so does what comes later.
    mutating func migrate(_ item: OutgoingItem, to chat: Int64) {
        let old = item.order
        guard release(old) else { return }
        let moved = ([item] + (queues.removeValue(forKey: old)?.waiting ?? [])).map { item in
            var item = item
            item.rewrite(chat: chat)
            return item
        }
        migrations[old] = chat
        queues[moved[0].order, default: Queue()].waiting.insert(contentsOf: moved, at: 0)
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
    }

    /// Takes away what waits (not what is under way).
    mutating func drop() {
        for (order, queue) in queues {
            count -= queue.waiting.count
            queues[order] = queue.isBusy ? Queue(isBusy: true) : nil
        }
    }

    /// `false` when no call of that order is under way.
    private mutating func release(_ order: OutgoingOrder) -> Bool {
        guard queues[order]?.isBusy == true else { return false }
        queues[order]?.isBusy = false
        inFlight -= 1
        return true
    }
}
