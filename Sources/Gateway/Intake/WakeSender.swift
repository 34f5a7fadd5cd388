import Concurrency
import KafkaClient
import Observability
import PlatformAPI

/// Tells the operator that a bot has got an update, at most once an interval for each bot, without holding anything up.
final class WakeSender: Sendable {
    private let last = Locked<[BotID: ContinuousClock.Instant]>([:])
    private let metrics: GatewayMetrics
    private let logger: Logger
    private let produce: UpdateIntake.Produce

    init(metrics: GatewayMetrics, logger: Logger, produce: @escaping UpdateIntake.Produce) {
        self.metrics = metrics
        self.logger = logger
        self.produce = produce
    }

    /// An update of the bot has been put on its topic.
    func updateArrived(_ botID: BotID) {
        let now = ContinuousClock.now
        let isDue = last.withLock { last in
            if let before = last[botID], now - before < WakeSignal.interval { return false }
            last[botID] = now
            return true
        }
        guard isDue else { return }
        let record = KafkaRecord(
            topic: WakeSignal.topic, key: nil, value: WakeSignal.encode(botID), headers: [])
        Task {
            do {
                try await produce(record)
                metrics.wakeSignals.increment(["sent"])
            } catch {
                // The autoscaler finds the update by itself, only later.
                metrics.wakeSignals.increment(["failed"])
                logger.debug(
                    "no wake signal was sent", ["bot_id": .string("\(botID)"), "error": .string("\(error)")])
            }
        }
    }

    /// Forgets bots that are no longer carried.
    func keep(only isCarried: (BotID) -> Bool) {
        last.withLock { last in last = last.filter { isCarried($0.key) } }
    }
}
