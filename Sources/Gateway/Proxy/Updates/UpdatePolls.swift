import Concurrency
import HTTPServer
import KafkaClient
import Observability
import PlatformAPI

/// All bots that ask this gateway for their updates. A bot's topic is read while the bot polls, and for a minute after.
final class UpdatePolls: Service {
    let name = "polls"
    private let configuration: KafkaConfiguration
    private let metrics: GatewayMetrics
    private let logger: Logger
    private let bots = Locked<[BotID: PolledUpdates]>([:])
    private let admin = Locked<KafkaAdmin?>(nil)
    private let isEnding = Locked(false)
    private let (stopped, stop) = AsyncStream.makeStream(of: Void.self)

    /// A bot that has not polled for so long has gone, or has been moved to another gateway.
    private static let idleTime = Duration.seconds(60)
    private static let sweepInterval = Duration.seconds(5)
    /// Each has a consumer, with its threads.
    private static let mostBots = 500

    init(configuration: KafkaConfiguration, metrics: GatewayMetrics, logger: Logger) {
        self.configuration = configuration
        self.metrics = metrics
        self.logger = logger
    }

    /// Answers `getUpdates`.
    func poll(_ request: PollRequest, _ binding: Binding) async -> HTTPServerResponse {
        // As if there were nothing: the bot's next poll goes to another gateway.
        if isEnding.withLock({ $0 }) { return BotAPIAnswer.success([]) }
        let bot: PolledUpdates
        do {
            guard let known = try self.bot(binding) else { return BotAPIAnswer.tooManyRequests(5) }
            bot = known
        } catch {
            logger.warning("a bot's updates cannot be read", ["error": .string("\(error)")])
            return BotAPIAnswer.failure(502, "Bad Gateway")
        }
        switch await bot.poll(request) {
        case .updates(let updates):
            metrics.polledUpdates.increment(by: Double(updates.count))
            return BotAPIAnswer.success(updates)
        case .superseded:
            return BotAPIAnswer.failure(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
        case .occupied:
            return BotAPIAnswer.failure(
                409, "Conflict: can't use getUpdates method while workers of the bot read its updates from Kafka")
        case .unavailable: return BotAPIAnswer.failure(502, "Bad Gateway: Kafka cannot be reached")
        }
    }

    /// How many updates the bot has not confirmed; 0 when Kafka does not say.
    func pending(_ binding: Binding) async -> Int64 {
        do {
            let lag = try await sharedAdmin().lag(group: binding.botID.workerGroup, topic: binding.incomingTopic)
            return lag.values.reduce(0, +)
        } catch {
            logger.debug("the lag of a bot is not known", ["error": .string("\(error)")])
            return 0
        }
    }

    func run() async throws {
        let sweeping = Task {
            while await sleepUnlessCancelled(for: Self.sweepInterval) { await sweep() }
        }
        await withTaskCancellationHandler {
            for await _ in stopped {}
        } onCancel: {
            stop.finish()
        }
        sweeping.cancel()
        await endAll()
        let admin = admin.withLock { admin in
            defer { admin = nil }
            return admin
        }
        await admin?.close()
    }

    /// Ends all polls with what there is.
    func shutdown() async {
        isEnding.withLock { $0 = true }
        await endAll()
        stop.finish()
    }

    private func bot(_ binding: Binding) throws -> PolledUpdates? {
        let admin = try sharedAdmin()
        let known = bots.withLock { bots -> PolledUpdates? in
            if let known = bots[binding.botID] { return known }
            guard bots.count < Self.mostBots else { return nil }
            let new = PolledUpdates(
                binding.botID, topic: binding.incomingTopic, configuration: configuration, admin: admin, logger: logger)
            bots[binding.botID] = new
            return new
        }
        metrics.polledBots.set(Double(bots.withLock { $0.count }))
        return known
    }

    private func sharedAdmin() throws -> KafkaAdmin {
        if let known = admin.withLock({ $0 }) { return known }
        let new = try KafkaAdmin(configuration, logger: logger)
        return admin.withLock { admin in
            if let known = admin { return known }
            admin = new
            return new
        }
    }

    private func sweep() async {
        for (id, bot) in bots.withLock({ $0 }) where await bot.isIdle(for: Self.idleTime) {
            bots.withLock { $0[id] = nil }
            await bot.end()
        }
        metrics.polledBots.set(Double(bots.withLock { $0.count }))
    }

    private func endAll() async {
        let all = bots.withLock { bots in
            defer { bots = [:] }
            return bots
        }
        for bot in all.values { await bot.end() }
    }
}
