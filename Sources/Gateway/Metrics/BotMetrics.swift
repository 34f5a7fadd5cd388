import Concurrency
package import Observability
import PlatformAPI

/// What each bot does, in series of its own for a bounded number of bots, and in those of `bot_id="other"` for the rest.
package final class BotMetrics: Sendable {
    /// How an outgoing record ended.
    package enum Answer: String, Sendable, CaseIterable {
        case delivered
        case deadLetter = "dead_letter"
    }

    /// Updates that were taken, by bot.
    package let updates: Counter
    /// Finished answers by bot and `result`.
    package let answers: Counter
    /// Seconds from a worker's record to its end, by bot. Few buckets: each is a series for each bot.
    package let delays: Histogram
    private let seats: Locked<BotSeats>

    /// Unless the settings say otherwise.
    package static let defaultMaximum = 1000

    init(_ registry: MetricsRegistry, maximum: Int) {
        updates = registry.counter(
            "tgs_gateway_bot_updates_total", help: "Updates taken, by bot.", labels: ["bot_id"])
        answers = registry.counter(
            "tgs_gateway_bot_answers_total", help: "Finished answers, by bot and what became of them.",
            labels: ["bot_id", "result"])
        delays = registry.histogram(
            "tgs_gateway_bot_answer_delay_seconds", help: "From a worker's record to its end, by bot.",
            labels: ["bot_id"], buckets: [0.1, 0.5, 2, 10, 60])
        seats = Locked(BotSeats(maximum: maximum))
    }

    /// An update was taken.
    func tookUpdate(of bot: BotID) {
        with(bot) { updates.increment([$0]) }
    }

    /// An answer is finished.
    /// - Parameter delay: since the worker's record was made, where that is known.
    func finished(_ answer: Answer, of bot: BotID, after delay: Duration?) {
        with(bot) { label in
            answers.increment([label, answer.rawValue])
            if let delay { delays.observe(delay, [label]) }
        }
    }

    /// Takes away the series of bots that are no longer carried.
    func keep(only isCarried: (BotID) -> Bool) {
        seats.withLock { remove($0.keep(only: isCarried)) }
    }

    /// Under the lock, so that nobody counts for a bot whose series have just been taken away.
    private func with(_ bot: BotID, _ count: (String) -> Void) {
        seats.withLock { seats in
            let (label, freed) = seats.label(of: bot, now: .now)
            if !freed.isEmpty { remove(freed) }
            count(label)
        }
    }

    private func remove(_ labels: [String]) {
        for label in labels {
            updates.remove([label])
            delays.remove([label])
            for answer in Answer.allCases { answers.remove([label, answer.rawValue]) }
        }
    }
}
