import Concurrency
import TelegramBotAPI

/// The limiters of all bots. A bot is known by its outgoing topic: answers are sent, and so counted, before its binding is
/// looked up.
final class BotLimits: Sendable {
    private let limits: SendLimits
    private let limiters = Locked<[String: BotLimiter]>([:])

    init(limits: SendLimits = SendLimits()) { self.limits = limits }

    /// The limiter of the bot whose answers are on that topic.
    func limiter(outgoingTopic: String) -> BotLimiter {
        limiters.withLock { limiters in
            if let known = limiters[outgoingTopic] { return known }
            let new = BotLimiter(limits: limits)
            limiters[outgoingTopic] = new
            return new
        }
    }

    /// Forgets the bots that are not wanted any more.
    func keep(_ isWanted: (String) -> Bool) {
        let topics = limiters.withLock { Array($0.keys) }
        let gone = topics.filter { !isWanted($0) }
        guard !gone.isEmpty else { return }
        limiters.withLock { limiters in
            for topic in gone { limiters[topic] = nil }
        }
    }
}
