import Concurrency
import Foundation
import KafkaClient
import Observability
import TestRig
import Testing

extension BrokerTests {
    @Suite struct RoundTrip {
        @Test func tenThousandRecordsArriveOnceAndInOrderOfTheirKeys() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("many", partitions: 4)
                let metrics = MetricsRegistry()
                let producer = try KafkaProducer(broker.configuration(), logger: .silent, metrics: metrics)
                let failures = Locked<[KafkaError]>([])
                for number in 0..<10_000 {
                    var next = record("many", "\(number)", key: "key-\(number % 50)")
                    next.headers = [("update-id", Array("\(number)".utf8)), ("empty", [])]
                    next.timestamp = 1_700_000_000_000 + Int64(number)
                    producer.send(next) { result in
                        if case .failure(let error) = result { failures.withLock { $0.append(error) } }
                    }
                }
                #expect(await producer.flush(timeout: .seconds(60)))
                #expect(failures.withLock { $0 } == [])
                #expect(producer.outstanding == 0)
                #expect(
                    metrics.render().contains(#"kafka_producer_records_total{result="acknowledged"} 10000"#))
                await producer.close()

                let consumer = try KafkaConsumer(broker.configuration(), settings: .init(groupID: "g"), logger: .silent)
                try consumer.subscribe(["many"])
                let records = try await consumer.records(10_000, within: .seconds(60))
                #expect(records.count == 10_000)
                #expect(Set(records.map(\.partition)).count > 1)
                for (key, group) in Dictionary(grouping: records, by: { text($0.key) ?? "" }) {
                    let numbers = group.compactMap { text($0.value).flatMap { Int($0) } }
                    #expect(numbers == numbers.sorted(), "\(key)")
                    #expect(numbers.count == 200)
                    #expect(Set(group.map(\.partition)).count == 1)
                }
                for record in records {
                    guard record.headers.map(\.0) == ["update-id", "empty"],
                        text(record.headers[0].1) == text(record.value), record.headers[1].1 == [],
                        record.timestamp == 1_700_000_000_000 + (Int64(text(record.value) ?? "") ?? 0)
                    else {
                        Issue.record("headers or time of \(record)")
                        break
                    }
                }
                await consumer.close()
            }
        }

        @Test func nullAndEmptyAreToldApart() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("t")
                let producer = try KafkaProducer(broker.configuration(), logger: .silent)
                let first = try await producer.send(KafkaRecord(topic: "t", key: nil, value: nil))
                let second = try await producer.send(KafkaRecord(topic: "t", key: [], value: []))
                #expect(first == KafkaDelivery(partition: 0, offset: 0))
                #expect(second == KafkaDelivery(partition: 0, offset: 1))
                await producer.close()
                let consumer = try KafkaConsumer(broker.configuration(), settings: .init(groupID: "g"), logger: .silent)
                try consumer.assign([TopicPartition(topic: "t", partition: 0): 0])
                let records = try await consumer.records(2)
                #expect(records.map(\.value) == [nil, []])
                #expect(records.map(\.key) == [nil, []])
                await consumer.close()
            }
        }

        @Test func everyAcknowledgedRecordSurvivesABrokerRestart() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("durable")
                let settings = KafkaProducer.Settings(maxOutstandingRecords: 200, deliveryTimeout: .seconds(60))
                let producer = try KafkaProducer(broker.configuration(), settings: settings, logger: .silent)
                let acknowledged = Locked<Set<Int>>([])
                let refused = Locked(0)
                @Sendable func send(_ numbers: Range<Int>) {
                    for number in numbers {
                        producer.send(record("durable", "\(number)")) { result in
                            switch result {
                            case .success: acknowledged.withLock { _ = $0.insert(number) }
                            case .failure(let error):
                                #expect(error.code == .queueFull, "\(error)")
                                #expect(error.isRetriable)
                                refused.withLock { $0 += 1 }
                            }
                        }
                    }
                }
                send(0..<100)
                #expect(await producer.flush(timeout: .seconds(20)))
                await broker.stop()
                send(100..<1000)
                // The buffer takes 200; the rest is refused at once instead of piling up.
                #expect(refused.withLock { $0 } >= 690)
                #expect(producer.outstanding <= 200)
                try await broker.restart()
                #expect(await producer.flush(timeout: .seconds(60)))
                send(1000..<1050)
                #expect(await producer.flush(timeout: .seconds(60)))
                await producer.close()

                let wanted = acknowledged.withLock { $0 }
                #expect(wanted.count >= 250)
                let consumer = try KafkaConsumer(broker.configuration(), settings: .init(groupID: "g"), logger: .silent)
                try consumer.subscribe(["durable"])
                let records = try await consumer.records(wanted.count)
                let numbers = records.compactMap { text($0.value).flatMap { Int($0) } }
                #expect(Set(numbers) == wanted)
                #expect(numbers.count == wanted.count)
                #expect(numbers == numbers.sorted())
                await consumer.close()
            }
        }

        @Test func aFrozenBrokerMakesDeliveriesTimeOut() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("t")
                let settings = KafkaProducer.Settings(deliveryTimeout: .seconds(2))
                let producer = try KafkaProducer(broker.configuration(), settings: settings, logger: .silent)
                _ = try await producer.send(record("t", "before"))
                broker.freeze()
                let error = await kafkaError { _ = try await producer.send(record("t", "frozen")) }
                #expect(error?.isRetriable == true)
                #expect(error?.code == .timedOut || error?.code == .brokerUnavailable)
                #expect(error?.message.contains("topic t") == true)
                broker.thaw()
                _ = try await producer.send(record("t", "after"))
                await producer.close()
            }
        }

        @Test func aTopicMadeAnewTakesRecordsFromTheSameProducer() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("phoenix")
                let producer = try KafkaProducer(broker.configuration(), logger: .silent)
                for number in 0..<5 { _ = try await producer.send(record("phoenix", "\(number)")) }
                try await broker.withAdmin { admin in
                    try await admin.deleteTopics(["phoenix"], timeout: .seconds(20))["phoenix"]?.get()
                }
                try await broker.createTopic("phoenix")
                // The first may meet the broker's forgotten sequence numbers; what fails so can be sent again.
                #expect(
                    try await eventually {
                        do {
                            _ = try await producer.send(record("phoenix", "new"))
                            return true
                        } catch let error as KafkaError where error.isRetriable { return false }
                    })
                await producer.close()
            }
        }

        @Test func aRecordForATopicThatIsNotThereFailsAndDoesNotMakeIt() async throws {
            try await KafkaBroker.with { broker in
                let producer = try KafkaProducer(
                    broker.configuration(["topic.metadata.propagation.max.ms": "1000"]), logger: .silent)
                let error = await kafkaError { _ = try await producer.send(record("none", "x")) }
                #expect(error?.code == .unknownTopic)
                await producer.close()
                try await broker.withAdmin { admin in
                    let found = try await admin.describeTopics(["none"], timeout: .seconds(10))["none"]
                    #expect(found == .some(nil))
                }
            }
        }
    }
}

extension BrokerTests.RoundTrip {
    @Test func saslPlainIsSpoken() async throws {
        try await KafkaBroker.with { broker in
            try await broker.createTopic("t")
            let sasl = KafkaConfiguration(
                bootstrapServers: broker.bootstrapServers, clientID: "tests",
                security: .sasl(mechanism: .plain, username: "u", password: Sensitive("p"), tls: nil))
            let producer = try KafkaProducer(sasl, logger: .silent)
            #expect(try await producer.send(record("t", "x")).offset == 0)
            await producer.close()
        }
    }
}
