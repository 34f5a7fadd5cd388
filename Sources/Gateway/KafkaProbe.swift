import Concurrency
import KafkaClient
import Observability

/// Not ready until a broker has answered once; says what it waits for. Brokers that go away later are the webhooks' and
/// the sender's concern: a gateway that is taken out of its Service cannot even answer 503.
final class KafkaProbe: Service {
    let name = "Kafka probe"
    private let configuration: KafkaConfiguration
    private let health: HealthRegistry
    private let logger: Logger
    private let (stopped, stop) = AsyncStream.makeStream(of: Void.self)

    private static let check = "kafka"

    init(configuration: KafkaConfiguration, health: HealthRegistry, logger: Logger) {
        self.configuration = configuration
        self.health = health
        self.logger = logger
        health.register(Self.check, waitingFor: "\(configuration.bootstrapServers)")
    }

    func run() async throws {
        let admin = try KafkaAdmin(configuration, logger: logger)
        let task = Task { await self.probe(admin) }
        await withTaskCancellationHandler {
            for await _ in stopped {}
        } onCancel: {
            stop.finish()
        }
        task.cancel()
        await task.value
        await admin.close()
    }

    func shutdown() async { stop.finish() }

    private func probe(_ admin: KafkaAdmin) async {
        var told = ""
        var backoff = Backoff(base: .milliseconds(500), maximum: .seconds(10))
        while !Task.isCancelled {
            do {
                let brokers = try await admin.brokers(timeout: .seconds(5))
                logger.info("Kafka answers", ["brokers": .int(brokers)])
                health.markReady(Self.check)
                return
            } catch {
                let reason = "\(error)"
                if reason != told, !Task.isCancelled {
                    logger.warning(
                        "waiting for Kafka",
                        ["servers": .string(configuration.bootstrapServers), "error": .string(reason)])
                    told = reason
                }
                health.markNotReady(Self.check, reason: reason)
                guard await sleepUnlessCancelled(for: backoff.next()) else { return }
            }
        }
    }
}
