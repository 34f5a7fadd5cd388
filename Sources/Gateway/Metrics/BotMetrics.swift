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
    private let state: Locked<State>

    private struct State: Sendable {
        var seats: BotSeats
        /// Of ``updates``, by bot: every update is counted.
        var updates: [String: Counter.Series] = [:]
    }

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
        state = Locked(State(seats: BotSeats(maximum: maximum)))
    }

    /// An update was taken.
    func tookUpdate(of bot: BotID) {
        with(bot) { label, state in
            if let series = state.updates[label] { return series.increment() }
            let series = updates.series([label])
            series.increment()
            state.updates[label] = series
        }
    }

    /// An answer is finished.
    /// - Parameter delay: since the worker's record was made, where that is known.
    func finished(_ answer: Answer, of bot: BotID, after delay: Duration?) {
        with(bot) { label, _ in
            answers.increment([label, answer.rawValue])
            if let delay { delays.observe(delay, [label]) }
        }
    }

    /// Takes away the series of bots that are no longer carried.
    func keep(only isCarried: (BotID) -> Bool) {
        state.withLock { remove($0.seats.keep(only: isCarried), from: &$0) }
    }

    /// Under the lock, so that nobody counts for a bot whose series have just been taken away.
    private func with(_ bot: BotID, _ count: (String, inout State) -> Void) {
        let now = ContinuousClock.now
        state.withLock { state in
            let (label, freed) = state.seats.label(of: bot, now: now)
            if !freed.isEmpty { remove(freed, from: &state) }
            count(label, &state)
        }
    }

    private func remove(_ labels: [String], from state: inout State) {
        for label in labels {
            state.updates[label] = nil
            updates.remove([label])
            delays.remove([label])
            for answer in Answer.allCases { answers.remove([label, answer.rawValue]) }
        }
    }
}
