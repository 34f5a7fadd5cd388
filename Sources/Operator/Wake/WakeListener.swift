import ControllerRuntime
import Concurrency
import FoundationEssentials
import KafkaClient
import Observability
import PlatformAPI

/// Hears from gateways which bots have got an update: one consumer for each Kafka cluster that a gateway names.
final class WakeListener: Sendable {
    private let stores: BotStores
    private let kafka: KafkaAdminPool
    private let logger: Logger
    private let received: Counter
    private let onSignal: @Sendable (_ botID: BotID, _ isFresh: Bool) async -> Void

    /// How many signals are read that came before.
    private static let catchUp: Int64 = 1000
    /// A signal that is older may speak of updates that are long answered.
    private static let freshMilliseconds = 5000.0
    /// How often it is looked whether there are other clusters.
    private static let lookInterval = Duration.seconds(1)

    init(
        stores: BotStores, kafka: KafkaAdminPool, logger: Logger, metrics: MetricsRegistry,
        onSignal: @escaping @Sendable (_ botID: BotID, _ isFresh: Bool) async -> Void
    ) {
        self.stores = stores
        self.kafka = kafka
        self.logger = logger
        self.onSignal = onSignal
        received = metrics.counter(
            "tgs_operator_wake_signals_total", help: "Signals from gateways that a bot has an update.")
    }

    /// Listens until it is cancelled.
    func run() async {
        var listeners: [String: Task<Void, Never>] = [:]
        repeat {
            let clusters = Self.clusters(stores)
            for (servers, task) in listeners where clusters[servers] == nil {
                task.cancel()
                listeners[servers] = nil
            }
            for (servers, replicationFactor) in clusters where listeners[servers] == nil {
                listeners[servers] = Task { await self.listen(servers, replicationFactor) }
            }
        } while await sleepUnlessCancelled(for: Self.lookInterval)
        for task in listeners.values { task.cancel() }
        for task in listeners.values { await task.value }
    }

    /// The clusters of all gateways, with the replication factor that their topics get.
    private static func clusters(_ stores: BotStores) -> [String: Int32] {
        Dictionary(
            stores.gateways.all.map {
                ($0.value.spec.kafka.bootstrapServers, Int32($0.value.spec.kafka.replicationFactor ?? -1))
            }
        ) { max($0, $1) }
    }

    private func listen(_ servers: String, _ replicationFactor: Int32) async {
        var backoff = Backoff(base: .seconds(1), maximum: .seconds(30))
        while !Task.isCancelled {
            do {
                try await makeTopic(servers, replicationFactor)
                let consumer = try kafka.consumer(servers, groupID: "telegram-serverless_operator")
                do {
                    // Some of what was said before, while no operator listened.
                    let partition = TopicPartition(topic: WakeSignal.topic, partition: 0)
                    let end = try await kafka.admin(servers).logEndOffsets([partition])[partition] ?? 0
                    try consumer.assign([partition: max(0, end - Self.catchUp)])
                    backoff.reset()
                    while true {
                        for message in try await consumer.nextBatch(timeout: .seconds(30)) {
                            guard let botID = WakeSignal.decode(message.value) else { continue }
                            received.increment()
                            let age = Date().timeIntervalSince1970 * 1000 - Double(message.timestamp)
                            await onSignal(botID, age < Self.freshMilliseconds)
                        }
                    }
                } catch {
                    await consumer.close()
                    throw error
                }
            } catch is CancellationError {
                return
            } catch {
                // KEDA looks by itself; bots wake later meanwhile.
                logger.info(
                    "wake signals cannot be heard", ["brokers": .string(servers), "error": .string("\(error)")])
                guard await sleepUnlessCancelled(for: backoff.next()) else { return }
            }
        }
    }

    private func makeTopic(_ servers: String, _ replicationFactor: Int32) async throws {
        let topic = NewTopic(
            name: WakeSignal.topic, partitions: 1, replicationFactor: replicationFactor,
            config: ["retention.ms": "600000", "segment.ms": "600000"])
        let results = try await kafka.admin(servers).createTopics([topic], timeout: .seconds(15))
        for case .failure(let error) in results.values where error.code != .topicExists { throw error }
    }
}
