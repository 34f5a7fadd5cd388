import Concurrency
import TelegramBotAPI

/// The outgoing calls of one bot: in order within a chat, chats side by side. Pure; the clock and chance come in from
/// outside.
///
/// A 429 pauses the chat it came for; a second chat's 429 within the first one's pause means that the limit is the bot's,
/// and pauses all of it.
struct OutgoingLane: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Queue: Sendable {
        /// In order; while a call is under way its record is not here.
        var waiting: [OutgoingItem] = []
        var isBusy = false
        var notBefore: Instant?
    }

    private var queues: [OutgoingItem.Chat: Queue] = [:]
    private var inFlight = 0
    private var botNotBefore: Instant?
    private var floodedUntil: (chat: OutgoingItem.Chat, until: Instant)?
    private let callsAtOnce: Int

    /// Records waiting or under way.
    private(set) var count = 0

    init(callsAtOnce: Int) { self.callsAtOnce = callsAtOnce }

    mutating func add(_ item: OutgoingItem) {
        queues[item.chat, default: Queue()].waiting.append(item)
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
        for (chat, queue) in ready {
            if let notBefore = queue.notBefore, notBefore > now {
                wakeAt = min(wakeAt ?? notBefore, notBefore)
                continue
            }
            guard inFlight < callsAtOnce else { break }
            guard var item = queues[chat]?.waiting.removeFirst() else { continue }
            queues[chat]?.isBusy = true
            inFlight += 1
            item.attempts += 1
            item.firstTry = item.firstTry ?? now
            items.append(item)
        }
        return (items, wakeAt)
    }

    /// The record is through, delivered or a dead letter.
    mutating func finish(_ item: OutgoingItem) {
        release(item)
        count -= 1
        if let queue = queues[item.chat], queue.waiting.isEmpty, !queue.isBusy { queues[item.chat] = nil }
    }

    /// The record must be called for again, before all others of its chat.
    /// - Parameters:
    ///   - delay: not before.
    ///   - isFlood: a 429, as opposed to a fault.
    mutating func retry(
        _ item: OutgoingItem, replacing chat: OutgoingItem.Chat, after delay: Duration, isFlood: Bool, now: Instant
    ) {
        let until = now + delay
        if var queue = queues[chat] {
            queue.isBusy = false
            inFlight -= 1
            queues[chat] = queue.waiting.isEmpty && chat != item.chat ? nil : queue
        }
        var queue = queues[item.chat] ?? Queue()
        queue.waiting.insert(item, at: 0)
        queue.notBefore = until
        queues[item.chat] = queue
        guard isFlood else { return }
        if let flooded = floodedUntil, flooded.chat != item.chat, flooded.until > now {
            botNotBefore = max(botNotBefore ?? until, until)
        }
        floodedUntil = (item.chat, until)
    }

    /// Nothing is called for the bot before `delay` has passed: its token is refused.
    mutating func pauseBot(for delay: Duration, now: Instant) {
        botNotBefore = max(botNotBefore ?? now, now + delay)
    }

    /// Takes away what waits (not what is under way).
    mutating func drop() -> [OutgoingItem] {
        var dropped: [OutgoingItem] = []
        for (chat, queue) in queues {
            dropped += queue.waiting
            queues[chat] = queue.isBusy ? Queue(waiting: [], isBusy: true, notBefore: nil) : nil
        }
        count -= dropped.count
        return dropped
    }

    private mutating func release(_ item: OutgoingItem) {
        queues[item.chat]?.isBusy = false
        queues[item.chat]?.notBefore = nil
        inFlight -= 1
    }
}
