import Concurrency
import Observability
import PlatformAPI
import TelegramBotAPI

/// Asks Telegram for one bot's updates and brings each into Kafka, until it is told to stop.
///
/// Telegram is told that updates are done (by the offset of the next call) only when all up to them are safe. A chat's
/// updates go one after another, chats side by side. What is repeated, because a call or a replica failed, is noticed by
/// the intake as it is with webhooks.
final class BotPoller: Sendable {
    /// Calls `getUpdates`.
    typealias Ask =
        @Sendable (_ offset: Int64?, _ limit: Int, _ wait: Duration) async throws(TelegramError) -> [PolledUpdate]

    /// What a poller works with.
    struct Environment: Sendable {
        /// Brings an update into Kafka.
        var take: @Sendable (IncomingUpdate) async -> IntakeResult
        /// How long Telegram may hold a call.
        var wait: @Sendable () -> Duration
        /// Whether no other replica can have begun to poll the bot.
        var isSoleOwner: @Sendable () -> Bool
        var metrics: PollingMetrics
        var logger: Logger
    }

    let binding: Binding
    private let ask: Ask
    private let environment: Environment
    private let logger: Logger

    private struct State: Sendable {
        var isStopped = false
        /// What may be broken off: a call that waits, or a pause.
        var waiting: Task<Void, Never>?
    }

    private let state = Locked(State())

    /// How long the last confirmation may take.
    private static let farewellLimit = Duration.seconds(5)

    init(_ binding: Binding, ask: @escaping Ask, environment: Environment) {
        self.binding = binding
        self.ask = ask
        self.environment = environment
        logger = environment.logger.with(["bot_id": .string("\(binding.botID)")])
    }

    /// Ends a call that waits at once; updates that have come are still brought into Kafka.
    func stop() {
        let waiting = state.withLock { state -> Task<Void, Never>? in
            state.isStopped = true
            return state.waiting
        }
        waiting?.cancel()
    }

    /// Polls until ``stop()``; cancelled, it leaves even what has come to its successor.
    /// - Parameter delay: before the first call.
    @concurrent func run(after delay: Duration = .zero) async {
        var position = PollPosition()
        var trouble: PollTrouble?
        var failures = 0
        if delay > .zero { await pause(delay) }
        while !isStopped {
            let (found, retryAfter) = await poll(&position)
            if let found {
                failures = found == trouble ? failures + 1 : 0
                if found != trouble { logger.warning("\(found.meaning)", ["trouble": .string(found.rawValue)]) }
                trouble = found
                await pause(found.pause(failures: failures, retryAfter: retryAfter))
            } else if trouble != nil, !isStopped {
                logger.info("the bot's updates come again")
                trouble = nil
            }
        }
        await sayFarewell(position, trouble)
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } || Task.isCancelled }

    /// One call and what comes of it.
    private func poll(_ position: inout PollPosition) async -> (PollTrouble?, retryAfter: Duration?) {
        let offset = position.offset
        guard let answer = await call(offset) else { return (nil, nil) }
        let metrics = environment.metrics
        switch answer {
        case .success(let updates):
            metrics.polls.increment([updates.isEmpty ? "empty" : "updates"])
            position.confirmed(offset)
            let safe = await take(updates)
            position.settled(updates.map(\.id), safe: safe)
            return (safe.count == Set(updates.map(\.id)).count ? nil : .brokerUnavailable, nil)
        case .failure(let error):
            let trouble = PollTrouble(error)
            metrics.polls.increment([trouble.rawValue])
            logger.debug("getUpdates failed", ["error": .string(error.message)])
            // Another replica may have taken the bot over from one that cannot hear of it: Telegram has the last word.
            if trouble == .otherPoller, !environment.isSoleOwner() { await waitUntilSole() }
            return (trouble, error.retryAfter)
        }
    }

    /// Calls `getUpdates`; `nil` when it was broken off.
    private func call(_ offset: Int64?) async -> Result<[PolledUpdate], TelegramError>? {
        let (ask, wait) = (ask, environment.wait())
        let result = Locked<Result<[PolledUpdate], TelegramError>?>(nil)
        await interruptible {
            let answer: Result<[PolledUpdate], TelegramError>
            do throws(TelegramError) {
                answer = .success(try await ask(offset, RawUpdate.mostInAnAnswer, wait))
            } catch {
                answer = .failure(error)
            }
            result.withLock { $0 = answer }
        }
        guard let answer = result.withLock({ $0 }) else { return nil }
        // Broken off by us; else whoever broke it off is none that this knows.
        if case .failure(let error) = answer, error.code == .cancelled, isStopped { return nil }
        return answer
    }

    /// Brings updates into Kafka.
    /// - Returns: numbers of those that are safe, or never will be.
    private func take(_ updates: [PolledUpdate]) async -> Set<Int64> {
        let batch = PollBatch(updates)
        var safe: Set<Int64> = []
        for update in batch.unreadable {
            environment.metrics.updates.increment(["not_an_update"])
            logger.warning("what Telegram gave is not an Update", ["bytes": .int(update.bytes.count)])
            safe.insert(update.id)
        }
        await withTaskGroup(of: [Int64].self) { group in
            for queue in batch.queues { group.addTask { await self.take(inOrder: queue) } }
            for await ids in group { safe.formUnion(ids) }
        }
        return safe
    }

    /// Brings a chat's updates into Kafka up to the first that cannot be.
    private func take(inOrder queue: [PolledUpdate]) async -> [Int64] {
        var safe: [Int64] = []
        for update in queue {
            guard let fields = update.fields, !Task.isCancelled else { break }
            let result = await environment.take(IncomingUpdate(binding: binding, body: update.bytes, fields: fields))
            environment.metrics.updates.increment([result.label])
            if result == .unavailable { break }
            safe.append(update.id)
        }
        return safe
    }

    /// Tells Telegram what is safe, so that who gets the bot's updates next does not get it again.
    private func sayFarewell(_ position: PollPosition, _ trouble: PollTrouble?) async {
        guard let offset = position.offset, trouble == nil || trouble == .brokerUnavailable, !Task.isCancelled else {
            return
        }
        let ask = ask
        do {
            _ = try await withTimeout(Self.farewellLimit, "the last getUpdates") { try await ask(offset, 1, .zero) }
        } catch {
            logger.debug("what is safe was not confirmed", ["error": .string("\(error)")])
        }
    }

    private func waitUntilSole() async {
        logger.warning(
            "another replica seems to poll the bot while the leases cannot be read: left to it until they can")
        while !isStopped, !environment.isSoleOwner() { await pause(.seconds(1)) }
    }

    private func pause(_ duration: Duration) async {
        await interruptible { _ = await sleepUnlessCancelled(for: duration) }
    }

    /// Does something that ``stop()`` breaks off.
    private func interruptible(_ body: @escaping @Sendable () async -> Void) async {
        let task = Task { await body() }
        let isTooLate = state.withLock { state -> Bool in
            state.waiting = task
            return state.isStopped
        }
        if isTooLate { task.cancel() }
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        state.withLock { $0.waiting = nil }
    }
}

extension IntakeResult {
    /// For the metric.
    var label: String {
        switch self {
        case .accepted: "accepted"
        case .duplicate: "duplicate"
        case .tooLarge: "too_large"
        case .unavailable: "unavailable"
        }
    }
}
