import Foundation
import JSON
import KafkaClient
import Observability
import PlatformAPI

/// A worker without a pod: reads a bot's incoming topic as its workers do and echoes texts.
struct EchoWorker {
    private let task: Task<Void, any Error>

    private struct Update: Decodable {
        struct Message: Decodable {
            struct Chat: Decodable { let id: Int64 }
            let chat: Chat
            let text: String?
        }
        let message: Message?
    }

    init(_ botID: BotID, bootstrapServers: String, security: KafkaSecurity = .plaintext) throws {
        let configuration = KafkaConfiguration(
            bootstrapServers: bootstrapServers, clientID: "echo-worker", security: security)
        let consumer = try KafkaConsumer(
            configuration, settings: ConsumerSettings(groupID: botID.workerGroup), logger: .silent)
        let producer = try KafkaProducer(configuration, logger: .silent)
        try consumer.subscribe([botID.incomingTopic])
        task = Task {
            do {
                while !Task.isCancelled {
                    for record in try await consumer.nextBatch(timeout: .milliseconds(200)) {
                        let envelope = try JSONDecoder().decode(
                            IncomingEnvelope.Decoded<Update>.self, from: Data(record.value ?? []))
                        if let message = envelope.update.message, let text = message.text {
                            let answer = OutgoingEnvelope(
                                method: "sendMessage",
                                params: ["chat_id": .int(message.chat.id), "text": .string("echo: \(text)")])
                            _ = try await producer.send(
                                KafkaRecord(
                                    topic: botID.outgoingTopic, key: record.key,
                                    value: Array(try JSONEncoder().encode(answer)), headers: []))
                        }
                        try await consumer.commit([
                            TopicPartition(topic: record.topic, partition: record.partition): record.offset + 1
                        ])
                    }
                }
            } catch is CancellationError {}
            await consumer.close()
            await producer.close()
        }
    }

    /// Leaves the group.
    func stop() async throws {
        task.cancel()
        try await task.value
    }
}
