import Concurrency
import KubernetesClient
import Observability
import PlatformAPI
import TelegramBotAPI

/// Polls the bots whose bindings say so, as far as they are this replica's.
final class PollingService: Service {
    let name = "polling"
    private let directory: BindingDirectory
    private let keeper: ShardKeeper?
    private let pollers: BotPollers
    private let (changes, change) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    private let isEnding = Locked(false)

    /// Bindings come in bursts.
    private static let settleTime = Duration.milliseconds(50)

    /// - Parameter keeper: which bots are this replica's; `nil`: all.
    init(directory: BindingDirectory, keeper: ShardKeeper?, pollers: BotPollers) {
        self.directory = directory
        self.keeper = keeper
        self.pollers = pollers
        directory.observe { [change, keeper] in
            change.yield()
            keeper?.botsChanged()
        }
        change.yield()
    }

    /// With all that it takes.
    convenience init(
        _ settings: GatewaySettings, client: KubernetesClient?, telegram: TelegramClient, directory: BindingDirectory,
        intake: UpdateIntake, metrics: PollingMetrics, logger: Logger
    ) {
        let keeper = client.map {
            ShardKeeper(
                client: $0, gateway: settings.gateway, replica: settings.replica, timing: settings.pollingLease,
                metrics: metrics, logger: logger)
        }
        let number = Locked<@Sendable () -> Int>({ 0 })
        let environment = BotPoller.Environment(
            take: { await intake.take($0) },
            wait: {
                let bots = number.withLock { $0 }()
                return PollPace.wait(settings.pollWait, bots: bots, connections: settings.pollConnections)
            }, isSoleOwner: { keeper?.isSure ?? true }, metrics: metrics, logger: logger)
        let pollers = BotPollers(metrics: metrics) { binding in
            BotPoller(
                binding,
                ask: { (offset, limit, wait) async throws(TelegramError) in
                    try await telegram.pollUpdates(
                        offset: offset, limit: limit, wait: wait, allowedUpdates: binding.polling?.allowedUpdates ?? [],
                        token: try BotToken(binding.token))
                }, environment: environment)
        }
        number.withLock { $0 = { pollers.count } }
        self.init(directory: directory, keeper: keeper, pollers: pollers)
    }

    func run() async throws {
        let (directory, change) = (directory, change)
        let keeping = keeper.map { keeper in
            Task {
                await keeper.run(
                    used: { Set(directory.polled.map { PollingShard(of: $0.botID) }) }, changed: { change.yield() },
                    ended: { shards in
                        await self.refresh()
                        await self.pollers.waitUntilNone(of: shards)
                    })
            }
        }
        for await _ in changes {
            await refresh()
            guard await sleepUnlessCancelled(for: Self.settleTime) else { break }
        }
        // The session is kept up until all has ended: others must not begin before.
        isEnding.withLock { $0 = true }
        await refresh()
        if Task.isCancelled { await pollers.cancel() }
        await withTaskCancellationHandler {
            await pollers.waitUntilNone()
        } onCancel: {
            Task { await self.pollers.cancel() }
        }
        keeping?.cancel()
        await keeping?.value
        await keeper?.leave()
    }

    func shutdown() async { change.finish() }

    private func refresh() async {
        await pollers.want { [directory, keeper, isEnding] in
            if isEnding.withLock({ $0 }) { return [:] }
            let held = keeper?.held
            var wanted: [BotID: Binding] = [:]
            for binding in directory.polled where held?.contains(PollingShard(of: binding.botID)) ?? true {
                wanted[binding.botID] = binding
            }
            return wanted
        }
    }
}
