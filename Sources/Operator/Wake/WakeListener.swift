import ControllerRuntime
import Concurrency
import FoundationEssentials
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI

/// Hears from gateways which bots have got an update: one consumer for each way into a Kafka cluster that a gateway names.
final class WakeListener: Sendable {
    private let stores: BotStores
    private let kafka: KafkaAdminPool
    private let logins: KafkaLogins
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
        stores: BotStores, kafka: KafkaAdminPool, logins: KafkaLogins, logger: Logger, metrics: MetricsRegistry,
        onSignal: @escaping @Sendable (_ botID: BotID, _ isFresh: Bool) async -> Void
    ) {
        self.stores = stores
        self.kafka = kafka
        self.logins = logins
        self.logger = logger
        self.onSignal = onSignal
        received = metrics.counter(
            "tgs_operator_wake_signals_total", help: "Signals from gateways that a bot has an update.")
    }

    /// Listens until it is cancelled.
    func run() async {
        var listeners: [Cluster: Task<Void, Never>] = [:]
        repeat {
            let clusters = clusters()
            for (cluster, task) in listeners where clusters[cluster] == nil {
                task.cancel()
                listeners[cluster] = nil
            }
            for (cluster, gateway) in clusters where listeners[cluster] == nil {
                listeners[cluster] = Task { await self.listen(gateway) }
            }
        } while await sleepUnlessCancelled(for: Self.lookInterval)
        for task in listeners.values { task.cancel() }
        for task in listeners.values { await task.value }
    }

    /// What makes a new listener necessary when it is another.
    private struct Cluster: Hashable {
        let servers: String
        let tls: TelegramGatewaySpec.Kafka.TLS?
        let sasl: TelegramGatewaySpec.Kafka.SASL?
        /// Where the Secrets are, and which they are; both empty where none are needed.
        let namespace: String
        let versions: [String: String]
    }

    /// The clusters of all gateways, each with one of them: that whose topics get the most replicas.
    private func clusters() -> [Cluster: TelegramGateway] {
        let pairs = stores.gateways.all.map(\.value).map { gateway in
            let kafka = gateway.spec.kafka
            let cluster = Cluster(
                servers: kafka.bootstrapServers, tls: kafka.tls, sasl: kafka.sasl,
                namespace: kafka.secretNames.isEmpty ? "" : gateway.metadata.namespace ?? "",
                versions: logins.versions(of: gateway))
            return (cluster, gateway)
        }
        return Dictionary(pairs) { $1.replicationFactor > $0.replicationFactor ? $1 : $0 }
    }

    private func listen(_ gateway: TelegramGateway) async {
        let servers = gateway.spec.kafka.bootstrapServers
        var backoff = Backoff(base: .seconds(1), maximum: .seconds(30))
        while !Task.isCancelled {
            do {
                let access = try await logins.access(of: gateway)
                try await makeTopic(access, gateway.replicationFactor)
                let consumer = try kafka.consumer(access, groupID: "telegram-serverless_operator")
                do {
                    // Some of what was said before, while no operator listened.
                    let partition = TopicPartition(topic: WakeSignal.topic, partition: 0)
                    let end = try await kafka.admin(access).logEndOffsets([partition])[partition] ?? 0
                    try consumer.assign([partition: max(0, end - Self.catchUp)])
                    backoff.reset()
                    try await hear(consumer)
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

    /// Acts on signals side by side, so that a bot whose topic hangs does not keep others from being woken.
    private func hear(_ consumer: KafkaConsumer) async throws {
        let turns = Locked(WakeTurns())
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                for message in try await consumer.nextBatch(timeout: .seconds(30)) {
                    guard let botID = WakeSignal.decode(message.value) else { continue }
                    received.increment()
                    let age = Date().timeIntervalSince1970 * 1000 - Double(message.timestamp)
                    let isFresh = age < Self.freshMilliseconds
                    guard turns.withLock({ $0.begin(botID, isFresh: isFresh) }) else { continue }
                    group.addTask { [onSignal] in
                        var next: Bool? = isFresh
                        while let isFresh = next {
                            await onSignal(botID, isFresh)
                            next = turns.withLock { $0.end(botID) }
                        }
                    }
                }
            }
        }
    }

    private func makeTopic(_ access: KafkaAccess, _ replicationFactor: Int32) async throws {
        let topic = NewTopic(
            name: WakeSignal.topic, partitions: 1, replicationFactor: replicationFactor,
            config: ["retention.ms": "600000", "segment.ms": "600000"])
        let results = try await kafka.admin(access).createTopics([topic], timeout: .seconds(15))
        for case .failure(let error) in results.values where error.code != .topicExists { throw error }
    }
}

extension TelegramGateway {
    /// Of topics made on its cluster; -1: the brokers' default.
    fileprivate var replicationFactor: Int32 { Int32(spec.kafka.replicationFactor ?? -1) }
}
