import Concurrency
import FoundationEssentials
import HTTPClient
import JSON
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI
import TelegramBotAPI

/// Reads the outgoing topics of all bots of the gateway, as one consumer of the gateway's group, and feeds the pump.
final class OutgoingSender: Service {
    let name = "outgoing sender"
    private let directory: BindingDirectory
    private let pump: OutgoingPump
    private let configuration: KafkaConfiguration
    private let groupID: String
    private let sessionTimeout: Duration
    private let health: HealthRegistry
    private let logger: Logger
    private let isStopping = Locked(false)
    private let bindingsChanged = Locked(true)
    /// Partitions that are not read because too much of them waits. A rebalance takes the pause away.
    private let paused = Locked<Set<TopicPartition>>([])

    private static let check = "outgoing topics"
    /// How often what is finished is committed: a gateway that dies repeats at most what it sent since.
    private static let commitInterval = Duration.milliseconds(50)
    /// How long the broker is asked for records at a time.
    private static let pollTime = Duration.milliseconds(50)
    /// Changes of the subscription are made at most so often: each is a rebalance.
    private static let subscriptionInterval = Duration.seconds(1)
    /// How long a rebalance waits for calls that are under way, so that nobody repeats them.
    private static let revocationLimit = Duration.seconds(5)
    /// How long a commit is waited for before partitions go.
    private static let commitLimit = Duration.seconds(3)

    init(
        directory: BindingDirectory, pump: OutgoingPump, configuration: KafkaConfiguration, settings: GatewaySettings,
        health: HealthRegistry, logger: Logger
    ) {
        self.directory = directory
        self.pump = pump
        self.configuration = configuration
        groupID = TelegramGateway.senderGroup(settings.gateway)
        sessionTimeout = settings.senderSessionTimeout
        self.health = health
        self.logger = logger
        health.register(Self.check, waitingFor: "start")
        directory.observe { [bindingsChanged] in bindingsChanged.withLock { $0 = true } }
    }

    private var mustStop: Bool { isStopping.withLock { $0 } || Task.isCancelled }

    /// Works until ``shutdown()``; a consumer that cannot go on is replaced by a new one.
    func run() async throws {
        var backoff = Backoff(base: .milliseconds(500), maximum: .seconds(30))
        while !mustStop {
            do {
                try await consume { backoff.reset() }
            } catch {
                if mustStop { break }
                health.markNotReady(Self.check, reason: "\(error)")
                logger.warning("reading the outgoing topics failed, trying again", ["error": .string("\(error)")])
                let retryAt = ContinuousClock.now + backoff.next()
                while !mustStop, ContinuousClock.now < retryAt { await pause() }
            }
        }
        await pump.stop()
    }

    func shutdown() async {
        isStopping.withLock { $0 = true }
    }

    private func pause() async { _ = await sleepUnlessCancelled(for: .milliseconds(100)) }

    /// The life of one consumer: until the end is wanted, there is nothing to read, or it cannot go on.
    private func consume(_ succeeded: () -> Void) async throws {
        // An empty subscription is an error to Kafka.
        while directory.outgoingTopics.isEmpty {
            health.markReady(Self.check)
            await pause()
            if mustStop { return }
        }
        let committer = OffsetCommitter(pump: pump, logger: logger)
        let consumer = try KafkaConsumer(
            configuration,
            // A bot that comes or goes must not interrupt the others, and replicas must get about as many bots each: every
            // topic has one partition, so "range" would give them all to one replica.
            settings: ConsumerSettings(
                groupID: groupID, sessionTimeout: sessionTimeout, partitionAssignmentStrategy: "cooperative-sticky"),
            logger: logger,
            onRebalance: { [pump, paused, logger] event in
                paused.withLock { $0.subtract(event.partitions) }
                logger.debug(
                    "outgoing topics change hands",
                    ["event": .string(event.name), "topics": .int(event.partitions.count)])
                switch event {
                case .assigned(let partitions): await pump.assign(partitions)
                case .revoked(let partitions):
                    await pump.revoke(partitions)
                    await pump.waitUntilIdle(partitions, atMost: Self.revocationLimit)
                    await committer.flush(atMost: Self.commitLimit)
                    await pump.release(partitions)
                case .lost(let partitions):
                    await pump.revoke(partitions)
                    await pump.release(partitions)
                }
            })
        committer.attach(consumer)
        let orphans = OrphanWatch(configuration, groupID: groupID, consumer: consumer, logger: logger)
        let watching = Task { [directory] in await orphans.run { directory.outgoingTopics } }
        defer { watching.cancel() }
        var failure: (any Error)?
        do {
            try await read(consumer, committer, orphans, succeeded)
        } catch {
            failure = error
        }
        if mustStop { await pump.stop() }
        await committer.flush(atMost: Self.commitLimit)
        // Leaving gives the partitions back: the handler runs once more.
        await consumer.close(timeout: Self.revocationLimit + Self.commitLimit + .seconds(2))
        committer.detach()
        if let failure { throw failure }
    }

    private func read(
        _ consumer: KafkaConsumer, _ committer: OffsetCommitter, _ orphans: OrphanWatch, _ succeeded: () -> Void
    ) async throws {
        var subscribed: [String] = []
        var mayBeOutdated = true
        var subscribeAt = ContinuousClock.now
        var commitAt = ContinuousClock.now
        while !mustStop {
            if takeBindingsChanged() {
                mayBeOutdated = true
                await pump.bindingsChanged()
            }
            if mayBeOutdated, ContinuousClock.now >= subscribeAt {
                let topics = directory.outgoingTopics
                if topics.isEmpty { return }
                if topics != subscribed {
                    try consumer.subscribe(topics)
                    subscribed = topics
                    subscribeAt = ContinuousClock.now + Self.subscriptionInterval
                }
                mayBeOutdated = false
            }
            let unread = orphans.orphans
            guard unread.isEmpty else { throw UnreadTopics(topics: unread) }
            let messages = try await consumer.nextBatch(max: 500, timeout: Self.pollTime)
            health.markReady(Self.check)
            succeeded()
            if !messages.isEmpty { await pump.take(messages) }
            if !messages.isEmpty || paused.withLock({ !$0.isEmpty }) { try await throttle(consumer) }
            if ContinuousClock.now >= commitAt {
                committer.start()
                commitAt = ContinuousClock.now + Self.commitInterval
            }
        }
    }

    private func takeBindingsChanged() -> Bool {
        bindingsChanged.withLock { changed in
            defer { changed = false }
            return changed
        }
    }

    /// Reads on only where memory allows it.
    private func throttle(_ consumer: KafkaConsumer) async throws {
        let before = paused.withLock { $0 }
        let crowded = await pump.crowded(paused: before).intersection(consumer.assignment)
        guard crowded != before else { return }
        let toPause = crowded.subtracting(before)
        let toResume = before.subtracting(crowded).intersection(consumer.assignment)
        if !toPause.isEmpty { try consumer.pause(Array(toPause)) }
        if !toResume.isEmpty { try consumer.resume(Array(toResume)) }
        paused.withLock { $0 = crowded }
    }
}

/// Why a consumer is replaced: the group has shared out its topics without these.
private struct UnreadTopics: Error, CustomStringConvertible {
    let topics: Set<String>

    var description: String {
        let names = topics.sorted().prefix(3).joined(separator: ", ") + (topics.count > 3 ? ", …" : "")
        return "no gateway reads \(topics.count) topics (\(names)): joining the group anew"
    }
}

extension RebalanceEvent {
    fileprivate var name: String {
        switch self {
        case .assigned: "assigned"
        case .revoked: "revoked"
        case .lost: "lost"
        }
    }

    fileprivate var partitions: [TopicPartition] {
        switch self {
        case .assigned(let partitions), .revoked(let partitions), .lost(let partitions): partitions
        }
    }
}
