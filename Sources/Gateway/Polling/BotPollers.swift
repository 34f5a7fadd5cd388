import Concurrency
import Observability
import PlatformAPI

/// The pollers of this replica: one for each bot that it is to poll, and never two for one bot.
actor BotPollers {
    private struct Running {
        let poller: BotPoller
        let task: Task<Void, Never>
    }

    private var running: [BotID: Running] = [:]
    private var wanted: [BotID: Binding] = [:]
    private let make: @Sendable (Binding) -> BotPoller
    private let metrics: PollingMetrics
    private let number = Locked(0)

    /// Bots that are begun with in a second when there are many.
    private static let startsPerSecond = 500

    /// - Parameter make: a poller, which this then runs.
    init(metrics: PollingMetrics, make: @escaping @Sendable (Binding) -> BotPoller) {
        self.metrics = metrics
        self.make = make
    }

    /// How many bots are polled.
    nonisolated var count: Int { number.withLock { $0 } }

    /// Brings the pollers to what is asked for. One whose binding has changed is ended and then begun anew.
    /// - Parameter current: called in turn with everything else here, so that nobody begins what was taken back meanwhile.
    func want(_ current: @Sendable () -> [BotID: Binding]) {
        let bindings = current()
        wanted = bindings
        for (bot, entry) in running where bindings[bot] != entry.poller.binding { entry.poller.stop() }
        let new = bindings.filter { running[$0.key] == nil }
        let spread = Double(new.count - 1) / Double(Self.startsPerSecond)
        for binding in new.values { start(binding, after: .seconds(spread * .random(in: 0...1))) }
    }

    /// Returns when no bot of these shards is polled any more, or the task is cancelled.
    /// - Parameter shards: `nil`: all.
    func waitUntilNone(of shards: Set<PollingShard>? = nil) async {
        while running.keys.contains(where: { shards?.contains(PollingShard(of: $0)) ?? true }) {
            guard await sleepUnlessCancelled(for: .milliseconds(10)) else { return }
        }
    }

    /// Ends all at once; what has come and is not in Kafka comes again.
    func cancel() {
        wanted = [:]
        for entry in running.values { entry.task.cancel() }
    }

    private func start(_ binding: Binding, after delay: Duration = .zero) {
        let poller = make(binding)
        let task = Task {
            await poller.run(after: delay)
            ended(binding.botID)
        }
        running[binding.botID] = Running(poller: poller, task: task)
        tell()
    }

    private func ended(_ bot: BotID) {
        running[bot] = nil
        if let binding = wanted[bot] { start(binding) } else { tell() }
    }

    private func tell() {
        let count = running.count
        number.withLock { $0 = count }
        metrics.bots.set(Double(count))
    }
}
