import CRdKafka
import Concurrency
import Foundation
import Observability
import TestRig
import Testing

@testable import KafkaClient

@Suite(.serialized) struct MockClusterTests {
    @Test func transientProduceErrorsAreRetriedWithoutRepeats() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t")
        let producer = try KafkaProducer(cluster.configuration(["retry.backoff.ms": "50"]), logger: .silent)
        _ = try await producer.send(record("t", "0"))
        cluster.fail(
            .produce,
            with: [
                RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            ])
        let delivery = try await producer.send(record("t", "1"))
        #expect(delivery.offset == 1)
        #expect(try await producer.send(record("t", "2")).offset == 2)
        await producer.close()
    }

    /// The broker that leads one topic is away: questions about it hang until their time is over.
    @Test func aTopicThatHangsHoldsUpNoOther() async throws {
        let cluster = try MockCluster(brokers: 2)
        for (topic, leader) in [("stuck", Int32(2)), ("fine", 1)] {
            cluster.createTopic(topic)
            cluster.moveLeader(of: topic, to: leader)
        }
        cluster.setDown(2)
        let admin = try KafkaAdmin(cluster.configuration(), timeout: .seconds(10), logger: .silent)
        let stuck = TopicPartition(topic: "stuck", partition: 0)
        let fine = TopicPartition(topic: "fine", partition: 0)
        let ended = Locked(0)
        let hanging = (0..<20).map { _ in
            Task {
                let error = await kafkaError { _ = try await admin.logEndOffsets([stuck]) }
                ended.withLock { $0 += 1 }
                return error
            }
        }
        try await Task.sleep(for: .milliseconds(500))
        #expect(try await admin.logEndOffsets([fine]) == [fine: 0])
        #expect(ended.withLock { $0 } == 0)
        for task in hanging { #expect(await task.value?.isRetriable == true) }
        await admin.close()
    }

    @Test func aRefusalIsTold() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t")
        let producer = try KafkaProducer(cluster.configuration(), logger: .silent)
        cluster.fail(.produce, with: [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED])
        let error = await kafkaError { _ = try await producer.send(record("t", "x")) }
        #expect(error?.code == .authorization)
        #expect(error?.kafkaCode == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED.rawValue)
        #expect(error?.isRetriable == false)
        #expect(error?.message.contains("topic t") == true)
        await producer.close()
    }

    @Test func aFatalErrorRenewsTheProducer() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t")
        let producer = try KafkaProducer(cluster.configuration(), logger: .silent)
        _ = try await producer.send(record("t", "0"))
        cluster.setRoundTrip(milliseconds: 1000)
        let results = Locked<[Result<KafkaDelivery, KafkaError>]>([])
        for number in 0..<20 {
            producer.send(record("t", "\(number)")) { result in results.withLock { $0.append(result) } }
        }
        producer.provokeFatalError()
        #expect(try await eventually { results.withLock { $0.count } == 20 })
        for result in results.withLock({ $0 }) {
            guard case .failure(let error) = result else { continue }
            #expect(error.code == .interrupted, "\(error)")
            #expect(error.isRetriable)
        }
        cluster.setRoundTrip(milliseconds: 0)
        #expect(
            try await eventually {
                do {
                    _ = try await producer.send(record("t", "after"))
                    return true
                } catch let error as KafkaError where error.isRetriable { return false }
            })
        #expect(producer.outstanding == 0)
        await producer.close()
    }

    @Test func recordsSurviveADownTimeAndAMovedLeader() async throws {
        let cluster = try MockCluster(brokers: 3)
        cluster.createTopic("t")
        cluster.moveLeader(of: "t", to: 1)
        let producer = try KafkaProducer(cluster.configuration(), logger: .silent)
        _ = try await producer.send(record("t", "0"))
        cluster.moveLeader(of: "t", to: 2)
        #expect(try await producer.send(record("t", "1")).offset == 1)
        cluster.setDown()
        let waiting = Task { try await producer.send(record("t", "2")) }
        try await Task.sleep(for: .milliseconds(500))
        #expect(producer.outstanding == 1)
        cluster.setUp()
        #expect(try await waiting.value.offset == 2)
        await producer.close()
    }

    @Test func closingGivesUpWhatCannotBeDelivered() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t")
        let producer = try KafkaProducer(cluster.configuration(), logger: .silent)
        _ = try await producer.send(record("t", "0"))
        cluster.setDown()
        let waiting = Task { try await producer.send(record("t", "1")) }
        #expect(try await eventually { producer.outstanding == 1 })
        await producer.close(timeout: .milliseconds(300))
        let error = await kafkaError { _ = try await waiting.value }
        #expect(error?.code == .interrupted)
        let after = await kafkaError { _ = try await producer.send(record("t", "2")) }
        #expect(after?.code == .closed)
        cluster.setUp()
    }

    @Test func cooperativeMembersHandOverOnlyWhatMoves() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t", partitions: 4)
        let events = Locked<[RebalanceEvent]>([])
        func consumer(_ onRebalance: (@Sendable (RebalanceEvent) async -> Void)? = nil) throws -> KafkaConsumer {
            let settings = KafkaConsumer.Settings(
                groupID: "g", sessionTimeout: .seconds(6), partitionAssignmentStrategy: "cooperative-sticky")
            return try KafkaConsumer(
                cluster.configuration(["heartbeat.interval.ms": "500"]), settings: settings, logger: .silent,
                onRebalance: onRebalance)
        }
        let first = try consumer { event in events.withLock { $0.append(event) } }
        try first.subscribe(["t"])
        #expect(
            try await eventually(within: .seconds(60)) {
                _ = try await first.nextBatch(timeout: .milliseconds(100))
                return first.assignment.count == 4
            })
        let second = try consumer()
        try second.subscribe(["t"])
        #expect(
            try await eventually(within: .seconds(60)) {
                _ = try await first.nextBatch(timeout: .milliseconds(100))
                _ = try await second.nextBatch(timeout: .milliseconds(100))
                return first.assignment.count == 2 && second.assignment.count == 2
            })
        #expect(first.assignment.isDisjoint(with: second.assignment))
        let revoked = events.withLock { $0 }.compactMap { event in
            if case .revoked(let partitions) = event { partitions } else { nil }
        }
        #expect(revoked.map(\.count) == [2])
        await second.close()
        await first.close()
    }

    @Test func aFailedCommitIsTold() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t")
        let consumer = try KafkaConsumer(cluster.configuration(), settings: .init(groupID: "g"), logger: .silent)
        let partition = TopicPartition(topic: "t", partition: 0)
        try consumer.assign([partition: 0])
        _ = try await consumer.nextBatch(timeout: .milliseconds(200))
        try await consumer.commit([partition: 5])
        cluster.fail(.offsetCommit, with: [RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED])
        let error = await kafkaError { try await consumer.commit([partition: 6]) }
        #expect(error?.code == .authorization)
        await consumer.close()
    }

    /// This cluster does not describe groups: it would tell.
    @Test func brokersAreNotAskedWhoReadsWhatBeforeAMemberHasItsShare() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t")
        let consumer = try KafkaConsumer(cluster.configuration(), settings: .init(groupID: "g"), logger: .silent)
        try consumer.subscribe(["t"])
        let lines = Locked<[String]>([])
        let logger = Logger(label: "kafka", level: .debug, sink: { line in lines.withLock { $0.append(line) } })
        let watch = OrphanWatch(
            cluster.configuration(), groupID: "g", consumer: consumer, interval: .milliseconds(10), logger: logger)
        let watching = Task { await watch.run { ["t", "another"] } }
        // Nobody reads, so that nothing is given.
        try await Task.sleep(for: .seconds(1))
        #expect(!consumer.wasAssigned)
        #expect(lines.withLock { $0 } == [])
        watching.cancel()
        await watching.value
        await consumer.close()
    }

    @Test func statisticsAndLogLinesReachTheirReaders() async throws {
        let cluster = try MockCluster()
        cluster.createTopic("t")
        let statistics = Locked<[KafkaStatistics]>([])
        let lines = Locked<[String]>([])
        let logger = Logger(label: "kafka", level: .debug, sink: { line in lines.withLock { $0.append(line) } })
        let producer = try KafkaProducer(
            cluster.configuration(["statistics.interval.ms": "100", "debug": "broker"]), logger: logger,
            onStatistics: { new in statistics.withLock { $0.append(new) } })
        _ = try await producer.send(record("t", "x"))
        #expect(try await eventually { statistics.withLock { $0.last?.topics["t"]?.partitions["0"] } != nil })
        let last = try #require(statistics.withLock { $0.last })
        #expect(last.type == "producer")
        #expect(last.brokers.values.contains { $0.state == "UP" })
        #expect(lines.withLock { $0 }.contains { $0.contains("librdkafka") })
        await producer.close()
    }
}
