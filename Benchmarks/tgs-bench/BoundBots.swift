import Concurrency
import Foundation
import KafkaClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI

/// Bots that a gateway carries without an operator having made them: topics, and the binding Secrets that it would write.
struct BoundBots: Sendable {
    let client: KubernetesClient
    let brokers: String
    let bots: [(id: BotID, token: String)]
    /// Of all of them.
    let secret: String

    /// Partitions of each incoming topic.
    static let partitions: Int32 = 3

    /// Makes the topics, as many at once as brokers take well.
    func makeTopics() async throws {
        let admin = try KafkaAdmin(KafkaConfiguration(bootstrapServers: brokers, clientID: "bench"), logger: .silent)
        defer { Task { await admin.close() } }
        let topics = bots.flatMap { bot in
            [
                NewTopic(name: bot.id.incomingTopic, partitions: Self.partitions, replicationFactor: 1),
                NewTopic(name: bot.id.outgoingTopic, partitions: 1, replicationFactor: 1),
                NewTopic(name: bot.id.deadLetterTopic, partitions: 1, replicationFactor: 1),
            ]
        }
        for start in stride(from: 0, to: topics.count, by: 300) {
            let some = Array(topics[start..<min(start + 300, topics.count)])
            for (name, result) in try await admin.createTopics(some, timeout: .seconds(60)) {
                do { try result.get() } catch {
                    throw NotInTime(description: "topic \(name) was not made: \(error)")
                }
            }
        }
    }

    /// Creates the binding Secrets, which a running gateway sees at once.
    func bind() async throws {
        try await inParallel(bots) { bot in
            let binding = Binding(
                botID: bot.id, owner: "\(BenchPlatform.namespace)/bound-\(bot.id.number)", token: bot.token,
                webhookSecrets: [secret])
            let metadata = ObjectMeta(
                name: bot.id.bindingName, namespace: "tgs-system",
                labels: [
                    Labels.managedBy: Labels.managedByValue, Labels.component: Labels.bindingComponent,
                    Labels.botID: bot.id.description, Labels.gateway: "main",
                ], annotations: [Annotations.owner: binding.owner])
            _ = try await client.create(Secret(metadata: metadata, data: binding.secretData))
        }
    }
}
