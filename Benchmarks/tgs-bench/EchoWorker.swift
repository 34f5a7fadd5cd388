import Concurrency
import Foundation
import JSON
import KafkaClient
import Observability
import PlatformAPI

/// A worker as small as can be, in this process: answers each text with the same text.
final class EchoWorker: Sendable {
    private struct Update: Decodable {
        struct Message: Decodable {
            struct Chat: Decodable { let id: Int64 }

            let chat: Chat
            let text: String
        }

        let message: Message
    }

    private let consumer: KafkaConsumer
    private let producer: KafkaProducer
    private let botID: BotID

    init(_ botID: BotID, brokers: String) throws {
        self.botID = botID
        let configuration = KafkaConfiguration(bootstrapServers: brokers, clientID: "bench-worker")
        consumer = try KafkaConsumer(
            configuration, settings: ConsumerSettings(groupID: botID.workerGroup), logger: .silent)
        producer = try KafkaProducer(
            configuration, settings: ProducerSettings(lingerMilliseconds: 0), logger: .silent)
        try consumer.subscribe([botID.incomingTopic])
    }

    /// Answers until the task is cancelled.
    @concurrent func run() async throws {
        do {
            while !Task.isCancelled {
                let messages = try await consumer.nextBatch(timeout: .seconds(1))
                try await answer(messages)
            }
        } catch is CancellationError {}
        await consumer.close()
        await producer.close()
    }

    private func answer(_ messages: [KafkaMessage]) async throws {
        let outgoing = botID.outgoingTopic
        try await withThrowingTaskGroup(of: Void.self) { group in
            for message in messages {
                let update = try JSONDecoder().decode(
                    IncomingEnvelope.Decoded<Update>.self, from: Data(message.value ?? [])
                ).update
                let envelope = OutgoingEnvelope(
                    method: "sendMessage",
                    params: .object(["chat_id": .int(update.message.chat.id), "text": .string(update.message.text)]))
                let value = Array(try JSONEncoder().encode(envelope))
                group.addTask { [producer] in
                    _ = try await producer.send(
                        KafkaRecord(topic: outgoing, key: message.key, value: value))
                }
            }
            try await group.waitForAll()
        }
        var offsets: [TopicPartition: Int64] = [:]
        for message in messages { offsets[message.topicPartition] = message.offset + 1 }
        try await consumer.commit(offsets)
    }
}
