import Concurrency
import Foundation
import KafkaClient
import Observability
import TestRig
import Testing

extension BrokerTests {
    @Suite struct Consumer {
        /// A surplus replica: its group must not wait for it once it is gone.
        @Test(arguments: ["range", "cooperative-sticky"])
        func aMemberWithoutPartitionsLeavesWhenItCloses(strategy: String) async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("in")
                let consumers = try (0..<2).map { _ in
                    let settings = ConsumerSettings(groupID: "workers", partitionAssignmentStrategy: strategy)
                    let consumer = try KafkaConsumer(broker.configuration(), settings: settings, logger: .silent)
                    try consumer.subscribe(["in"])
                    return consumer
                }
                try await broker.withAdmin { admin in
                    #expect(
                        try await eventually {
                            for consumer in consumers { _ = try await consumer.nextBatch(timeout: .milliseconds(50)) }
                            let group = try await admin.describeGroup("workers")
                            return group.state == .stable && group.members.count == 2
                                && consumers.map(\.assignment.count).sorted() == [0, 1]
                        })
                    let idle = try #require(consumers.first { $0.assignment.isEmpty })
                    await idle.close()
                    #expect(
                        try await eventually {
                            for consumer in consumers where consumer !== idle {
                                _ = try await consumer.nextBatch(timeout: .milliseconds(50))
                            }
                            return try await admin.describeGroup("workers").members.count == 1
                        })
                }
                for consumer in consumers { await consumer.close() }
            }
        }

        @Test func twoConsumersShareATopicAndHandItOver() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("shared", partitions: 4)
                let all = Set((0..<4).map { TopicPartition(topic: "shared", partition: $0) })
                let events = Locked<[RebalanceEvent]>([])
                let first = try KafkaConsumer(
                    broker.configuration(), settings: .init(groupID: "g"), logger: .silent,
                    onRebalance: { event in events.withLock { $0.append(event) } })
                try first.subscribe(["shared"])
                #expect(
                    try await eventually {
                        _ = try await first.nextBatch(timeout: .milliseconds(100))
                        return first.assignment == all
                    })
                let second = try KafkaConsumer(
                    broker.configuration(), settings: .init(groupID: "g"), logger: .silent)
                try second.subscribe(["shared"])
                #expect(
                    try await eventually(within: .seconds(40)) {
                        _ = try await first.nextBatch(timeout: .milliseconds(100))
                        _ = try await second.nextBatch(timeout: .milliseconds(100))
                        return first.assignment.count == 2 && second.assignment.count == 2
                    })
                #expect(first.assignment.union(second.assignment) == all)
                let seen = events.withLock { $0 }
                #expect(seen.first == .assigned(all.sorted { $0.partition < $1.partition }))
                #expect(seen.contains { if case .revoked = $0 { true } else { false } })

                await second.close()
                #expect(
                    try await eventually(within: .seconds(40)) {
                        _ = try await first.nextBatch(timeout: .milliseconds(100))
                        return first.assignment == all
                    })
                await first.close()
                #expect(first.assignment.isEmpty)
            }
        }

        @Test func aHandlerMayCommitBeforeItsPartitionsGo() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("t")
                let partition = TopicPartition(topic: "t", partition: 0)
                let producer = try KafkaProducer(broker.configuration(), logger: .silent)
                for number in 0..<5 { _ = try await producer.send(record("t", "\(number)")) }
                await producer.close()
                let box = Locked<KafkaConsumer?>(nil)
                let errors = Locked<[any Error]>([])
                let consumer = try KafkaConsumer(
                    broker.configuration(), settings: .init(groupID: "g"), logger: .silent,
                    onRebalance: { event in
                        guard case .revoked = event, let consumer = box.withLock({ $0 }) else { return }
                        do { try await consumer.commit([partition: 5]) } catch { errors.withLock { $0.append(error) } }
                    })
                box.withLock { $0 = consumer }
                try consumer.subscribe(["t"])
                #expect(try await consumer.records(5).count == 5)
                await consumer.close()
                box.withLock { $0 = nil }
                #expect(errors.withLock { $0 }.isEmpty)
                try await broker.withAdmin { admin in
                    let found = try await admin.committedOffsets(group: "g", [partition])
                    #expect(found == [partition: 5])
                }
            }
        }

        @Test func pausedPartitionsAreSilentAndNothingIsLost() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("t")
                let partition = TopicPartition(topic: "t", partition: 0)
                let producer = try KafkaProducer(broker.configuration(), logger: .silent)
                for number in 0..<20 { _ = try await producer.send(record("t", "\(number)")) }
                let consumer = try KafkaConsumer(broker.configuration(), settings: .init(groupID: "g"), logger: .silent)
                try consumer.subscribe(["t"])
                var seen: [KafkaMessage] = []
                #expect(
                    try await eventuallyHere {
                        seen = try await consumer.nextBatch(max: 5, timeout: .seconds(1))
                        return !seen.isEmpty
                    })
                try consumer.pause([partition])
                _ = try await producer.send(record("t", "20"))
                #expect(try await consumer.nextBatch(timeout: .seconds(2)).isEmpty)
                #expect(try consumer.position([partition]) == [partition: Int64(seen.count)])
                try consumer.resume([partition])
                seen += try await consumer.records(21 - seen.count)
                #expect(seen.map { text($0.value) } == (0...20).map { "\($0)" })

                try await consumer.seek([partition: 18])
                let again = try await consumer.records(3)
                #expect(again.map(\.offset) == [18, 19, 20])
                let stranger = TopicPartition(topic: "other", partition: 0)
                let error = await kafkaError { try consumer.pause([stranger]) }
                #expect(error?.code == .unknownTopic)
                await consumer.close()
                await producer.close()
            }
        }

        @Test func aSmallReadAheadStillReadsEverything() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("t")
                let producer = try KafkaProducer(broker.configuration(), logger: .silent)
                for number in 0..<3000 { producer.send(record("t", "\(number)")) { _ in } }
                #expect(await producer.flush(timeout: .seconds(30)))
                await producer.close()
                let consumer = try KafkaConsumer(
                    broker.configuration(), settings: .init(groupID: "g", maxBufferedRecords: 500), logger: .silent)
                try consumer.subscribe(["t"])
                let records = try await consumer.records(3000, within: .seconds(60))
                #expect(records.map(\.offset) == Array(0..<3000))
                await consumer.close()
            }
        }

        @Test func cancellingEndsTheWaitAndLosesNothing() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("t")
                let consumer = try KafkaConsumer(broker.configuration(), settings: .init(groupID: "g"), logger: .silent)
                try consumer.subscribe(["t"])
                let clock = ContinuousClock()
                let start = clock.now
                let waiting = Task { try await consumer.nextBatch(timeout: .seconds(300)) }
                try await Task.sleep(for: .milliseconds(300))
                let busy = await kafkaError { _ = try await consumer.nextBatch(timeout: .seconds(1)) }
                #expect(busy?.code == .invalidArgument)
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
                #expect(clock.now - start < .seconds(60))

                let producer = try KafkaProducer(broker.configuration(), logger: .silent)
                _ = try await producer.send(record("t", "x"))
                #expect(try await consumer.records(1).map { text($0.value) } == ["x"])

                let last = Task { try await consumer.nextBatch(timeout: .seconds(300)) }
                try await Task.sleep(for: .milliseconds(300))
                await consumer.close()
                let closed = await kafkaError { _ = try await last.value }
                #expect(closed?.code == .closed)
                let after = await kafkaError { _ = try await consumer.nextBatch(timeout: .seconds(1)) }
                #expect(after?.code == .closed)
                await producer.close()
            }
        }

        @Test func forgottenClientsEndByThemselves() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("t")
                do {
                    let producer = try KafkaProducer(broker.configuration(), logger: .silent)
                    producer.send(record("t", "forgotten")) { _ in }
                    let consumer = try KafkaConsumer(
                        broker.configuration(), settings: .init(groupID: "g"), logger: .silent)
                    try consumer.subscribe(["t"])
                    // A member that leaves while it joins may stay in this broker's group for ever.
                    #expect(
                        try await eventuallyHere {
                            _ = try await consumer.nextBatch(timeout: .milliseconds(100))
                            return !consumer.assignment.isEmpty
                        })
                    _ = try KafkaAdmin(broker.configuration(), logger: .silent)
                }
                // The record was delivered nevertheless, and the forgotten consumer has left its group.
                let next = try KafkaConsumer(broker.configuration(), settings: .init(groupID: "g"), logger: .silent)
                try next.subscribe(["t"])
                #expect(try await next.records(1, within: .seconds(60)).map { text($0.value) } == ["forgotten"])
                await next.close()
            }
        }

        @Test func closingWithoutABrokerDoesNotHang() async throws {
            try await KafkaBroker.with { broker in
                try await broker.createTopic("t")
                let consumer = try KafkaConsumer(broker.configuration(), settings: .init(groupID: "g"), logger: .silent)
                try consumer.subscribe(["t"])
                #expect(
                    try await eventuallyHere {
                        _ = try await consumer.nextBatch(timeout: .milliseconds(100))
                        return !consumer.assignment.isEmpty
                    })
                broker.freeze()
                let clock = ContinuousClock()
                let start = clock.now
                await consumer.close(timeout: .seconds(3))
                #expect(clock.now - start < .seconds(30))
                broker.thaw()
            }
        }
    }
}

/// Like ``eventually(within:_:)`` for conditions that change local state.
private func eventuallyHere(
    within limit: Duration = .seconds(20), _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock().now + limit
    while ContinuousClock().now < deadline {
        if try await condition() { return true }
    }
    return false
}
