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
    private let health: HealthRegistry
    private let logger: Logger
    private let isStopping = Locked(false)
    private let topicsChanged = Locked(true)

    private static let check = "outgoing topics"
    /// How often what is finished is committed: a gateway that dies repeats at most what it sent since.
    private static let commitInterval = Duration.milliseconds(200)

    init(
        directory: BindingDirectory, pump: OutgoingPump, configuration: KafkaConfiguration, settings: GatewaySettings,
        health: HealthRegistry, logger: Logger
    ) {
        self.directory = directory
        self.pump = pump
        self.configuration = configuration
        groupID = TelegramGateway.senderGroup(settings.gateway)
        self.health = health
        self.logger = logger
        health.register(Self.check, waitingFor: "start")
        directory.observe { [topicsChanged] in topicsChanged.withLock { $0 = true } }
    }

    /// Works until ``shutdown()``; a consumer that cannot go on is replaced by a new one.
    func run() async throws {
        var backoff = Backoff(base: .milliseconds(500), maximum: .seconds(30))
        while !isStopping.withLock({ $0 }), !Task.isCancelled {
            do {
                try await consume { backoff.reset() }
            } catch is CancellationError {
                break
            } catch {
                health.markNotReady(Self.check, reason: "\(error)")
                logger.warning("reading the outgoing topics failed, trying again", ["error": .string("\(error)")])
                guard await sleepUnlessCancelled(for: backoff.next()) else { break }
            }
        }
        await pump.stop()
    }

    func shutdown() async {
        isStopping.withLock { $0 = true }
    }

    private func consume(_ succeeded: () -> Void) async throws {
        let pump = pump
        let box = ConsumerBox()
        let consumer = try KafkaConsumer(
            configuration, settings: ConsumerSettings(groupID: groupID), logger: logger,
            onRebalance: { event in
                switch event {
                case .assigned: break
                case .revoked(let partitions):
                    await pump.revoke(partitions)
                    await box.commit(pump)
                case .lost(let partitions): await pump.revoke(partitions)
                }
            })
        box.consumer.withLock { $0 = consumer }
        topicsChanged.withLock { $0 = true }
        do {
            try await loop(consumer, box, succeeded)
        } catch {
            await consumer.close()
            throw error
        }
        await pump.stop()
        await box.commit(pump)
        await consumer.close()
    }

    private func loop(_ consumer: KafkaConsumer, _ box: ConsumerBox, _ succeeded: () -> Void) async throws {
        var subscribed: [String] = []
        var paused: Set<TopicPartition> = []
        var lastCommit = ContinuousClock.now
        while !isStopping.withLock({ $0 }) {
            let isChanged = topicsChanged.withLock { changed in
                defer { changed = false }
                return changed
            }
            if isChanged {
                let topics = directory.outgoingTopics
                if topics != subscribed {
                    try consumer.subscribe(topics)
                    subscribed = topics
                    paused = []
                }
            }
            guard !subscribed.isEmpty else {
                health.markReady(Self.check)
                guard await sleepUnlessCancelled(for: .milliseconds(100)) else { throw CancellationError() }
                continue
            }
            let messages = try await consumer.nextBatch(max: 500, timeout: .milliseconds(100))
            health.markReady(Self.check)
            succeeded()
            if !messages.isEmpty { await pump.take(messages) }
            paused = try await throttle(consumer, paused)
            if ContinuousClock.now - lastCommit > Self.commitInterval {
                await box.commit(pump)
                lastCommit = ContinuousClock.now
            }
        }
    }

    /// Reads on only where memory allows it.
    private func throttle(_ consumer: KafkaConsumer, _ paused: Set<TopicPartition>) async throws -> Set<TopicPartition>
    {
        let ours = consumer.assignment
        let full = await pump.fullPartitions.intersection(ours)
        let toPause = full.subtracting(paused)
        let toResume = paused.subtracting(full).intersection(ours)
        if !toPause.isEmpty { try consumer.pause(Array(toPause)) }
        if !toResume.isEmpty { try consumer.resume(Array(toResume)) }
        return full
    }
}

/// The consumer for its own rebalance handler, which is made before it.
private final class ConsumerBox: Sendable {
    let consumer = Locked<KafkaConsumer?>(nil)

    /// Commits what is finished on partitions that are ours. A failure is no harm: it is tried again with the next.
    func commit(_ pump: OutgoingPump) async {
        guard let consumer = consumer.withLock({ $0 }) else { return }
        let ours = consumer.assignment
        let offsets = await pump.committable.filter { ours.contains($0.key) }
        guard !offsets.isEmpty else { return }
        do {
            try await consumer.commit(offsets)
            await pump.didCommit(offsets)
        } catch {
            return
        }
    }
}
