import Foundation
import HTTPClient
import HTTPTypes
import KafkaClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import TestRig

extension Platform {
    /// Names of the objects of a kind.
    func names(_ plural: String, in namespace: String) async throws -> Set<String> {
        let text = try await controlPlane.kubectl(
            "get", plural, "-n", namespace, "-o", "jsonpath={.items[*].metadata.name}")
        return Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }

    /// Says of a bot's Deployment that its pods run, as the cluster's controllers would. There are none in this rig.
    func runWorkers(of name: String) async throws {
        let key = ObjectKey(namespace: "bots", name: "bot-\(name)")
        guard let deployment = try await client.find(Deployment.self, key) else { return }
        let replicas = deployment.spec.replicas ?? 1
        let generation = deployment.metadata.generation ?? 0
        guard deployment.status?.observedGeneration != generation else { return }
        _ = try await controlPlane.requestSuccessfully(
            "PATCH", "/apis/apps/v1/namespaces/bots/deployments/\(key.name)/status",
            body: """
                {"status":{"observedGeneration":\(generation),"replicas":\(replicas),"updatedReplicas":\(replicas),\
                "readyReplicas":\(replicas),"availableReplicas":\(replicas)}}
                """, contentType: "application/merge-patch+json")
    }

    /// Waits until a part that was started with this port says that it is ready.
    func waitUntilReady(healthPort: UInt16) async throws {
        let http = try HTTPClient()
        let result: Result<Void, any Error>
        do {
            try await eventually("it is ready at port \(healthPort)") {
                let answer = try await http.execute(HTTPRequest(.get, "http://127.0.0.1:\(healthPort)/ready"))
                return answer.status == .ok ? nil : String(decoding: answer.body, as: UTF8.self)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await http.shutdown()
        try result.get()
    }

    struct FoundUpdate: Sendable {
        let chat: Int64
        let update: Int64
    }

    private struct Update: Decodable {
        struct Message: Decodable {
            struct Chat: Decodable { let id: Int64 }
            let chat: Chat
        }
        let update_id: Int64
        let message: Message
    }

    /// All updates in a bot's incoming topic, partition after partition, each in its order.
    func updates(of bot: BotID) async throws -> [FoundUpdate] {
        let topic = bot.incomingTopic
        let count = try await admin.describeTopics([topic], timeout: .seconds(10))[topic]??.partitions.count ?? 0
        let partitions = (0..<Int32(count)).map { TopicPartition(topic: topic, partition: $0) }
        var left = try await admin.logEndOffsets(partitions).filter { $0.value > 0 }
        var found: [TopicPartition: [FoundUpdate]] = [:]
        let consumer = try KafkaConsumer(
            KafkaConfiguration(bootstrapServers: broker.bootstrapServers, clientID: "test", security: broker.security),
            settings: ConsumerSettings(groupID: "test-reader", autoOffsetReset: .earliest), logger: .silent)
        do {
            try consumer.assign(left.mapValues { _ in 0 })
            try await eventually("all of \(topic) is read") {
                for message in try await consumer.nextBatch(timeout: .seconds(1)) {
                    let update = try JSONDecoder().decode(
                        IncomingEnvelope.Decoded<Update>.self, from: Data(message.value ?? [])
                    ).update
                    found[message.topicPartition, default: []].append(
                        FoundUpdate(chat: update.message.chat.id, update: update.update_id))
                    if let end = left[message.topicPartition], message.offset + 1 >= end {
                        left[message.topicPartition] = nil
                    }
                }
                return left.isEmpty ? nil : "\(left)"
            }
        } catch {
            await consumer.close()
            throw error
        }
        await consumer.close()
        return partitions.flatMap { found[$0] ?? [] }
    }
}
