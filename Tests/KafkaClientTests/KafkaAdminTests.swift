import Foundation
import KafkaClient
import Observability
import TestRig
import Testing

extension BrokerTests {
    @Suite struct Admin {
        @Test func topicsAreCreatedDescribedAndDeleted() async throws {
            try await KafkaBroker.with { broker in
                try await broker.withAdmin { admin in
                    #expect(try await admin.brokers(timeout: .seconds(10)) == 1)
                    let topics = [NewTopic(name: "a", partitions: 3), NewTopic(name: "b", partitions: 1)]
                    let created = try await admin.createTopics(topics, timeout: .seconds(20))
                    #expect(created.count == 2)
                    for result in created.values { try result.get() }

                    let described = try await admin.describeTopics(["a", "b", "none"], timeout: .seconds(10))
                    #expect(described["a"]??.partitions.map(\.id) == [0, 1, 2])
                    #expect(described["a"]??.partitions.allSatisfy { $0.leader >= 0 } == true)
                    #expect(described["none"] == .some(nil))
                    // Asking did not make it.
                    #expect(try await admin.describeTopics(["none"], timeout: .seconds(10))["none"] == .some(nil))

                    let again = try await admin.createTopics([topics[0]], timeout: .seconds(20))
                    #expect(failure(again["a"])?.code == .topicExists)

                    let deleted = try await admin.deleteTopics(["a", "none"], timeout: .seconds(20))
                    try deleted["a"]?.get()
                    #expect(failure(deleted["none"])?.code == .unknownTopic)
                    #expect(
                        try await eventually {
                            try await admin.describeTopics(["a"], timeout: .seconds(10))["a"] == .some(nil)
                        })
                }
            }
        }

        @Test func manyTopicsAreDescribedAtOnce() async throws {
            try await KafkaBroker.with { broker in
                try await broker.withAdmin { admin in
                    let topics = (0..<40).map { NewTopic(name: "t\($0)", partitions: 1) }
                    for result in try await admin.createTopics(topics, timeout: .seconds(30)).values {
                        try result.get()
                    }
                    let found = try await admin.describeTopics(topics.map(\.name), timeout: .seconds(10))
                    #expect(found.count == 40)
                    #expect(found.values.allSatisfy { $0?.partitions.count == 1 })
                }
            }
        }

        @Test func partitionsAreRaisedAndNotLowered() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("grow", partitions: 1)
                try await broker.withAdmin { admin in
                    try await admin.createPartitions(topic: "grow", total: 4)
                    #expect(
                        try await admin.describeTopics(["grow"], timeout: .seconds(10))["grow"]??.partitions.count == 4)
                    let error = await kafkaError { try await admin.createPartitions(topic: "grow", total: 2) }
                    #expect(error?.code == .invalidArgument)
                    let unknown = await kafkaError { try await admin.createPartitions(topic: "none", total: 2) }
                    #expect(unknown?.code == .unknownTopic)
                }
            }
        }

        /// librdkafka remembers how many partitions a topic has, for up to 15 minutes.
        @Test func offsetsOfNewPartitionsAreKnownAtOnce() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("grow", partitions: 1)
                try await broker.withAdmin { admin in
                    let all = (0..<4).map { TopicPartition(topic: "grow", partition: $0) }
                    #expect(try await admin.logStartOffsets([all[0]]).count == 1)
                    try await admin.createPartitions(topic: "grow", total: 4)
                    #expect(try await admin.logStartOffsets(all).count == 4)
                    let error = await kafkaError {
                        _ = try await admin.logEndOffsets([TopicPartition(topic: "grow", partition: 4)])
                    }
                    #expect(error?.code == .unknownTopic, "\(error?.code.rawValue ?? "none")")
                }
            }
        }

        @Test func changingASettingLeavesTheOthers() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("set", config: ["retention.ms": "3600000"])
                try await broker.withAdmin { admin in
                    try await admin.alterConfiguration(topic: "set", ["max.message.bytes": "2000000"])
                    let settings = try await admin.describeConfiguration(topic: "set")
                    #expect(settings["retention.ms"]?.value == "3600000")
                    #expect(settings["max.message.bytes"]?.value == "2000000")
                    #expect(settings["retention.ms"]?.isDefault == false)
                    #expect(settings["cleanup.policy"]?.isDefault == true)
                    let error = await kafkaError {
                        try await admin.alterConfiguration(topic: "none", ["retention.ms": "1"])
                    }
                    #expect(error?.code == .unknownTopic)
                }
            }
        }

        @Test func offsetsCommittedForAnEmptyGroupAreWhereItsConsumerBegins() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("in")
                let partition = TopicPartition(topic: "in", partition: 0)
                let producer = try KafkaProducer(broker.configuration(), logger: .silent)
                for number in 0..<10 { _ = try await producer.send(record("in", "\(number)")) }
                await producer.close()
                try await broker.withAdmin { admin in
                    #expect(try await admin.logStartOffsets([partition]) == [partition: 0])
                    #expect(try await admin.logEndOffsets([partition]) == [partition: 10])
                    #expect(try await admin.committedOffsets(group: "workers", [partition]) == [:])
                    #expect(try await admin.lag(group: "workers", topic: "in") == [0: 10])

                    try await admin.commitOffsets(group: "workers", [partition: 7])
                    #expect(try await admin.committedOffsets(group: "workers", [partition]) == [partition: 7])
                    #expect(try await admin.committedOffsets(group: "workers", nil) == [partition: 7])
                    #expect(try await admin.lag(group: "workers", topic: "in") == [0: 3])
                }
                let consumer = try KafkaConsumer(
                    broker.configuration(), settings: .init(groupID: "workers"), logger: .silent)
                try consumer.subscribe(["in"])
                let records = try await consumer.records(3)
                #expect(records.map { text($0.value) } == ["7", "8", "9"])
                try await consumer.commit([partition: 10])
                try await broker.withAdmin { admin in
                    let found = try await admin.lag(group: "workers", topic: "in")
                    #expect(found == [0: 0])
                }
                await consumer.close()
                try await broker.withAdmin { admin in
                    try await admin.deleteGroup("workers")
                    #expect(try await admin.committedOffsets(group: "workers", [partition]) == [:])
                    let error = await kafkaError { try await admin.deleteGroup("workers") }
                    #expect(error?.code == .unknownGroup)
                }
            }
        }

        /// With librdkafka's own time-out the program would be ended when the broker comes back.
        @Test func aCoordinatorThatIsAwayIsGivenUpAndAskedAgainWhenItIsBack() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("in")
                let partition = TopicPartition(topic: "in", partition: 0)
                let admin = try KafkaAdmin(broker.configuration(), timeout: .milliseconds(1500), logger: .silent)
                try await admin.commitOffsets(group: "workers", [partition: 0])
                for round in 1...3 {
                    await broker.stop()
                    async let first = kafkaError { try await admin.deleteGroup("none") }
                    async let second = kafkaError { _ = try await admin.describeGroup("workers") }
                    let third = await kafkaError { _ = try await admin.committedOffsets(group: "workers", nil) }
                    for error in [await first, await second, third] {
                        #expect(error?.isRetriable == true, "\(String(describing: error)), round \(round)")
                    }
                    try await broker.restart()
                    let isBack = try await eventually {
                        do {
                            try await admin.commitOffsets(group: "workers", [partition: Int64(round)])
                            return true
                        } catch let error as KafkaError where error.isRetriable {
                            return false
                        }
                    }
                    #expect(isBack)
                    // What was given up has its chance to do harm.
                    try await Task.sleep(for: .milliseconds(500))
                    let committed = try await admin.committedOffsets(group: "workers", [partition])
                    #expect(committed == [partition: Int64(round)])
                }
                await admin.close()
            }
        }

        @Test func aGroupTellsWhoReadsWhatAndWhatNobodyReads() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("read", partitions: 2)
                try await broker.createTopic("forgotten")
                let consumer = try KafkaConsumer(
                    broker.configuration(), settings: .init(groupID: "readers"), logger: .silent)
                try consumer.subscribe(["read"])
                #expect(
                    try await eventually {
                        _ = try await consumer.nextBatch(timeout: .milliseconds(100))
                        return consumer.assignment.count == 2
                    })
                try await broker.withAdmin { admin in
                    let group = try await admin.describeGroup("readers")
                    #expect(group.state == .stable)
                    #expect(group.members.map(\.id) == [consumer.memberID])
                    #expect(group.members.map { Set($0.partitions) } == [consumer.assignment])
                    #expect(group.readTopics == ["read"])
                    #expect(try await admin.describeGroup("nobody").members.isEmpty)
                }
                let watch = OrphanWatch(
                    broker.configuration(), groupID: "readers", consumer: consumer, interval: .milliseconds(50),
                    logger: .silent)
                let watching = Task { await watch.run { ["read", "forgotten", "absent"] } }
                #expect(try await eventually { watch.orphans == ["forgotten"] })
                watching.cancel()
                await watching.value
                await consumer.close()
            }
        }

        @Test func offsetsOfATopicThatIsNotThere() async throws {
            try await KafkaBroker.with { broker in
                try await broker.withAdmin { admin in
                    let nowhere = TopicPartition(topic: "none", partition: 0)
                    let error = await kafkaError { _ = try await admin.logEndOffsets([nowhere]) }
                    #expect(error?.code == .unknownTopic)
                    let lag = await kafkaError { _ = try await admin.lag(group: "g", topic: "none") }
                    #expect(lag?.code == .unknownTopic)
                }
            }
        }
    }
}

private func failure(_ result: Result<Void, KafkaError>?) -> KafkaError? {
    if case .failure(let error) = result { error } else { nil }
}
