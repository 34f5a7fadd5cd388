/// Says when a bot may make its next call, so that Telegram does not have to: one for each bot. Pure.
///
/// It begins with ``SendLimits`` and slows down where Telegram answers 429 all the same. A 429 does not say what it is
/// about. It is taken for the chat's at first, and for the bot's when it comes from a second chat while the first still
/// pauses, or from a broadcast to a chat that was not written to shortly before. A pause keeps every call back that it is
/// about.
package struct CallLimiter: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// What a 429 is taken to be about.
    package enum Scope: Sendable, Equatable {
        case chat, bot
    }

    private let limits: SendLimits
    private var chats: [String: ChatAllowance] = [:]
    /// All messages of the bot.
    private var history = SendHistory()
    private var pausedUntil: Instant?
    /// The part of the bulk limit that is used, after 429s of the bot's; it grows back.
    private var bulkShare = 1.0
    private var bulkShareAt: Instant?
    private var nextCleaning = Self.fewChats

    package init(limits: SendLimits = SendLimits()) { self.limits = limits }

    /// Chats that something is remembered of.
    package var knownChats: Int { chats.count }

    /// Counts a call when it may be made now.
    /// - Returns: `nil`: make it now; else when to ask again.
    package mutating func take(_ call: LimitedCall, now: Instant) -> Instant? {
        if let pausedUntil, pausedUntil > now { return pausedUntil }
        guard let name = call.chat else { return nil }
        var chat = chats[name] ?? ChatAllowance()
        if let until = chat.pausedUntil, until > now { return until }
        chat.recover(now)
        switch call.kind {
        case .uncounted: return nil
        case .edit:
            let interval = limits.editInterval * (1 << chat.slowness)
            if let at = chat.edits.wait(interval: interval, burst: limits.editBurst, now: now) { return at }
            chat.edits.add(1, interval: interval, now: now)
        case .messages(let count):
            let interval = limits.chatInterval * (1 << chat.slowness)
            var times = [chat.messages.wait(interval: interval, burst: limits.chatBurst, now: now)]
            if call.isGroup, let most = limits.groupMessages {
                let limit = max(1, most >> chat.slowness)
                times.append(
                    chat.history.wait(for: count, limit: limit, window: Self.widened(limits.groupWindow), now: now))
            }
            if call.isBulk, let limit = bulkLimit(now) {
                times.append(history.wait(for: count, limit: limit, window: Self.widened(limits.bulkWindow), now: now))
            }
            if let at = times.compactMap({ $0 }).max() { return at }
            chat.messages.add(count, interval: interval, now: now)
            if call.isGroup, limits.groupMessages != nil { chat.history.add(count, at: now) }
            if limits.bulkMessages != nil {
                history.forget(before: now - Self.widened(limits.bulkWindow))
                history.add(count, at: now)
            }
        }
        chat.note(now)
        chats[name] = chat
        clean(now)
        return nil
    }

    /// Telegram has answered 429 to a call that ``take(_:now:)`` had let through.
    /// - Parameter until: when it may be made again, as Telegram says.
    package mutating func refused(_ call: LimitedCall, until: Instant, now: Instant) -> Scope {
        guard let name = call.chat else {
            pauseBot(until: until, now: now)
            return .bot
        }
        var chat = chats[name] ?? ChatAllowance()
        let wasBusy = chat.wasBusy(within: call.isGroup ? limits.groupWindow : limits.chatInterval * limits.chatBurst)
        chat.pausedUntil = max(chat.pausedUntil ?? until, until)
        if wasBusy { chat.slowDown(until: until) }
        let others = chats.filter { $0.key != name }.values.compactMap(\.pausedUntil).filter { $0 > now }
        chats[name] = chat
        // A long pause of a whole bot needs more proof than one chat that was not busy.
        let isBots = !others.isEmpty || (call.isBulk && !wasBusy && until - now <= Self.longPause)
        guard isBots else { return .chat }
        // The pauses of one limit end at about the same time. Those that do not are different ones: the bot goes on with the
        // first, and learns more.
        let first = others.min().map { min($0, until) } ?? until
        pauseBot(until: until - first <= Self.sameLimit ? until : first, now: now)
        return .bot
    }

    /// Forgets what it has learnt, and all pauses: the bot has another token.
    package mutating func reset() { self = CallLimiter(limits: limits) }

    private mutating func pauseBot(until: Instant, now: Instant) {
        pausedUntil = max(pausedUntil ?? until, until)
        bulkShare = max(Self.leastBulkShare, share(now) * Self.bulkShareAfter429)
        bulkShareAt = until
    }

    private func share(_ now: Instant) -> Double {
        guard let bulkShareAt, now > bulkShareAt else { return bulkShare }
        let seconds = Double((now - bulkShareAt).components.seconds)
        return min(1, bulkShare + seconds * Self.bulkShareGrowth)
    }

    private func bulkLimit(_ now: Instant) -> Int? {
        limits.bulkMessages.map { max(1, Int(Double($0) * share(now))) }
    }

    /// A little more than a window: calls may arrive closer together than they were made.
    private static func widened(_ window: Duration) -> Duration { window + window / 50 }

    /// Chats of which nothing is left to know are forgotten, now and then.
    private mutating func clean(_ now: Instant) {
        guard chats.count >= nextCleaning else { return }
        for name in chats.keys { chats[name]?.recover(now) }
        chats = chats.filter { !$0.value.isForgettable(now, after: limits.groupWindow) }
        nextCleaning = max(Self.fewChats, chats.count * 2)
    }

    private static let fewChats = 64
    private static let longPause = Duration.seconds(60)
    private static let sameLimit = Duration.seconds(5)
    private static let leastBulkShare = 0.3
    private static let bulkShareAfter429 = 0.95
    /// A second.
    private static let bulkShareGrowth = 0.01
}
