import Foundation
import KafkaClient
import Observability
import Testing

/// Nothing listens on port 1.
@Suite struct UnreachableTests {
    private let configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:1", clientID: "tests")
    private let clock = ContinuousClock()

    private func expectUnreachable(_ error: KafkaError?, since start: ContinuousClock.Instant) {
        #expect(error?.code == .brokerUnavailable, "\(String(describing: error))")
        #expect(error?.isRetriable == true)
        #expect(error?.message.contains("127.0.0.1:1") == true, "\(String(describing: error))")
        #expect(error?.message.contains("refused") == true, "\(String(describing: error))")
        #expect(clock.now - start < .seconds(30))
    }

    @Test func adminSaysWhoDidNotAnswer() async throws {
        let admin = try KafkaAdmin(configuration, logger: .silent)
        var start = clock.now
        let ping = await kafkaError { _ = try await admin.brokers(timeout: .seconds(2)) }
        expectUnreachable(ping, since: start)
        start = clock.now
        let create = await kafkaError {
            _ = try await admin.createTopics([NewTopic(name: "t", partitions: 1)], timeout: .seconds(2))
        }
        expectUnreachable(create, since: start)
        #expect(create?.message.contains("creating topic t") == true)
        await admin.close()
        let closed = await kafkaError { _ = try await admin.brokers(timeout: .seconds(2)) }
        #expect(closed?.code == .closed)
    }

    @Test func closingEndsWhatWaits() async throws {
        let admin = try KafkaAdmin(configuration, logger: .silent)
        let waiting = Task { try await admin.deleteTopics(["t"], timeout: .seconds(300)) }
        try await Task.sleep(for: .milliseconds(200))
        await admin.close()
        let error = await kafkaError { _ = try await waiting.value }
        #expect(error?.code == .closed)
    }

    @Test func producerSaysWhoDidNotAnswer() async throws {
        let settings = KafkaProducer.Settings(deliveryTimeout: .seconds(2))
        let producer = try KafkaProducer(configuration, settings: settings, logger: .silent)
        let start = clock.now
        let error = await kafkaError { _ = try await producer.send(record("t", "x")) }
        expectUnreachable(error, since: start)
        #expect(producer.lastError?.code == .brokerUnavailable)
        await producer.close()
    }

    @Test func consumerShowsWhoDidNotAnswer() async throws {
        let consumer = try KafkaConsumer(configuration, settings: .init(groupID: "g"), logger: .silent)
        try consumer.subscribe(["t"])
        #expect(
            try await eventually {
                let records = try await consumer.nextBatch(timeout: .milliseconds(200))
                return records.isEmpty && consumer.lastError?.code == .brokerUnavailable
            })
        await consumer.close()
    }
}
