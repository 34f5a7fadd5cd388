import Foundation
import JSON
import KafkaClient
import Observability
import PlatformAPI

@testable import WorkerKit

/// The platform's side of a worker: who fills its incoming topic and reads its outgoing one.
struct Rig: Sendable {
    let bootstrapServers: String
    let botID: BotID

    /// An answer as the gateway would read it.
    struct Answer: Equatable, Sendable {
        let chat: Int64
        let text: String
        let requestID: String
    }

    var configuration: Worker.Configuration {
        var configuration = Worker.Configuration(
            botID: botID.description, botToken: "42:token", kafkaBrokers: bootstrapServers,
            incomingTopic: botID.incomingTopic, outgoingTopic: botID.outgoingTopic, consumerGroup: botID.workerGroup)
        configuration.retryDelay = .milliseconds(5)
        return configuration
    }

    private var kafka: KafkaConfiguration { KafkaConfiguration(bootstrapServers: bootstrapServers, clientID: "tests") }

    func createTopics() async throws {
        let admin = try KafkaAdmin(kafka, logger: .silent)
        let topics = [
            NewTopic(name: botID.incomingTopic, partitions: 4), NewTopic(name: botID.outgoingTopic, partitions: 1),
            NewTopic(name: botID.deadLetterTopic, partitions: 1),
        ]
        for result in try await admin.createTopics(topics, timeout: .seconds(20)).values { try result.get() }
        await admin.close()
    }

    /// Puts values on the incoming topic, keyed by chat, in this order.
    func produce(_ records: [(Int64, [UInt8])], headers: [(String, [UInt8])] = []) async throws {
        let producer = try KafkaProducer(kafka, logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (chat, value) in records {
                let record = KafkaRecord(
                    topic: botID.incomingTopic, key: Array("\(chat)".utf8), value: value, headers: headers)
                let (sent, continuation) = AsyncThrowingStream.makeStream(of: Void.self)
                producer.send(record) { result in
                    switch result {
                    case .success: continuation.finish()
                    case .failure(let error): continuation.finish(throwing: error)
                    }
                }
                group.addTask { for try await _ in sent {} }
            }
            try await group.waitForAll()
        }
        await producer.close()
    }

    /// Values of a topic's partition 0, from its beginning: `count` of them, or what is there after 30 seconds.
    func read(_ topic: String, _ count: Int) async throws -> [[UInt8]] {
        let consumer = try KafkaConsumer(kafka, settings: .init(groupID: "reader"), logger: .silent)
        try consumer.assign([TopicPartition(topic: topic, partition: 0): 0])
        var values: [[UInt8]] = []
        let deadline = ContinuousClock().now + .seconds(30)
        while values.count < count, ContinuousClock().now < deadline {
            values += try await consumer.nextBatch(max: 1000, timeout: .milliseconds(500)).compactMap(\.value)
        }
        await consumer.close()
        return values
    }

    func outgoing(_ count: Int) async throws -> [Answer] {
        try await read(botID.outgoingTopic, count).map { bytes in
            let envelope = try JSONDecoder().decode(OutgoingEnvelope.self, from: Data(bytes))
            return Answer(
                chat: envelope.params["chat_id"]?.intValue ?? 0, text: envelope.params["text"]?.stringValue ?? "",
                requestID: envelope.requestID ?? "")
        }
    }

    /// Updates that the workers' group has not done.
    func lag() async throws -> Int64 {
        let admin = try KafkaAdmin(kafka, logger: .silent)
        let partitions = (0..<Int32(4)).map { TopicPartition(topic: botID.incomingTopic, partition: $0) }
        let ends = try await admin.logEndOffsets(partitions)
        let committed = try await admin.committedOffsets(group: botID.workerGroup, partitions)
        await admin.close()
        return partitions.reduce(0) { $0 + (ends[$1] ?? 0) - (committed[$1] ?? 0) }
    }
}

/// Polls until `condition` holds; `false` after 20 seconds.
func eventually(_ condition: @Sendable () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock().now + .seconds(20)
    while ContinuousClock().now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
