import Observability
import Testing

@testable import KafkaClient

/// What is decided without a broker.
@Suite struct DecisionTests {
    private let first = TopicPartition(topic: "t", partition: 0)
    private let second = TopicPartition(topic: "t", partition: 1)

    @Test func lagCountsFromTheCommitOrTheStartOfTheLog() {
        let lag = KafkaAdmin.lag(
            committed: [first: 3], starts: [first: 5, second: 2], ends: [first: 9, second: 9])
        #expect(lag == [0: 4, 1: 7])
        #expect(KafkaAdmin.lag(committed: [first: 12], starts: [first: 0], ends: [first: 9]) == [0: 0])
    }

    @Test func replacingSettingsKeepsTheTopicsOwn() {
        func entry(_ value: String?, isDefault: Bool = false, isReadOnly: Bool = false) -> TopicConfigurationEntry {
            TopicConfigurationEntry(value: value, isDefault: isDefault, isReadOnly: isReadOnly)
        }
        let present = [
            "own": entry("1"), "changed": entry("2"), "default": entry("3", isDefault: true),
            "fixed": entry("4", isReadOnly: true), "hidden": entry(nil),
        ]
        #expect(
            KafkaAdmin.merged(["changed": "5", "new": "6"], into: present) == ["own": "1", "changed": "5", "new": "6"])
    }

    @Test func aTopicIsVisibleWithAllItsLeaders() {
        func description(_ leaders: [Int32]) -> TopicDescription {
            TopicDescription(
                name: "t",
                partitions: leaders.enumerated().map { PartitionDescription(id: Int32($0), leader: $1, replicas: [1]) })
        }
        let topic = NewTopic(name: "t", partitions: 2)
        #expect(KafkaAdmin.isVisible(topic, in: description([1, 2])))
        #expect(!KafkaAdmin.isVisible(topic, in: description([1])))
        #expect(!KafkaAdmin.isVisible(topic, in: description([1, -1])))
        #expect(!KafkaAdmin.isVisible(topic, in: nil))
        #expect(KafkaAdmin.isVisible(NewTopic(name: "t", partitions: -1), in: description([1])))
    }

    @Test func aTimeOutIsToldWithItsReason() {
        let monitor = ClientMonitor(logger: .silent)
        let timeout = KafkaError(.timedOut, kafkaCode: -185, "creating topic t: timed out", isRetriable: true)
        #expect(monitor.explained(timeout) == timeout)
        monitor.report(KafkaError(.brokerUnavailable, kafkaCode: -195, "Kafka: connection refused"))
        monitor.report(KafkaError(.brokerUnavailable, kafkaCode: -187, "Kafka: all brokers down"))
        #expect(monitor.explained(timeout).code == .brokerUnavailable)
        #expect(monitor.explained(timeout).message == "creating topic t: timed out; Kafka: connection refused")
        #expect(monitor.explained(timeout).isRetriable)
        // A refused password is the reason although connections break after it.
        monitor.report(KafkaError(.authentication, kafkaCode: -169, "Kafka: wrong password"))
        monitor.report(KafkaError(.brokerUnavailable, kafkaCode: -195, "Kafka: disconnected"))
        #expect(monitor.explained(timeout).code == .authentication)
        #expect(!monitor.explained(timeout).isRetriable)
        let other = KafkaError(.unknownTopic, "no topic")
        #expect(monitor.explained(other) == other)
        monitor.succeeded()
        #expect(monitor.explained(timeout) == timeout)
    }

    @Test func answersAreTakenOnceAndNoneAfterClosing() {
        var pending = PendingAnswers()
        let token = pending.add { _ in }
        let other = pending.add { _ in }
        #expect(token != nil && token != other)
        let taken = pending.take(token ?? 0)
        let again = pending.take(token ?? 0)
        let rest = pending.close()
        let late = pending.add { _ in }
        #expect(taken != nil && again == nil && rest.count == 1 && late == nil)
    }

    @Test func oneReaderAtATimeAndNoneAfterClosing() async throws {
        var state = ConsumerState()
        let batch: [KafkaMessage] = try await withCheckedThrowingContinuation { continuation in
            let request = BatchRequest(id: 1, max: 1, deadline: .now, continuation: continuation)
            let rival = BatchRequest(id: 2, max: 1, deadline: .now, continuation: continuation)
            #expect(throws: Never.self) { try state.ask(request) }
            #expect(throws: KafkaError.self) { try state.ask(rival) }
            var cancelled = state.cancel(2)
            #expect(cancelled == nil)
            guard case .read(let taken) = state.next() else {
                Issue.record("nothing to read")
                continuation.resume(returning: [])
                return
            }
            #expect(taken.id == 1)
            #expect(throws: KafkaError.self) { try state.ask(rival) }
            cancelled = state.cancel(2)
            #expect(cancelled == nil && !state.isCancelled)
            cancelled = state.cancel(1)
            #expect(cancelled == nil && state.isCancelled && state.shallStopReading)
            state.finishedReading()
            #expect(throws: Never.self) { try state.ask(rival) }
            #expect(!state.isCancelled)
            cancelled = state.cancel(2)
            #expect(cancelled?.id == 2)
            if case .nothing = state.next() {} else { Issue.record("something to do") }
            let isFirst = state.close()
            let isSecond = state.close()
            #expect(isFirst && !isSecond)
            #expect(throws: KafkaError.self) { try state.ask(request) }
            if case .close = state.next() {} else { Issue.record("not closing") }
            _ = state.closed()
            if case .nothing = state.next() {} else { Issue.record("closing twice") }
            continuation.resume(returning: [])
        }
        #expect(batch.isEmpty)
    }

    @Test func statisticsAreReadInPart() throws {
        let json = #"""
            {"name":"p#1","type":"producer","msg_cnt":3,"msg_size":40,"tx":7,"other":{},
             "brokers":{"b":{"state":"UP","connects":1,"disconnects":0,"rtt":{"avg":150,"p99":900,"min":1}}},
             "topics":{"t":{"partitions":{"0":{"consumer_lag":-1}}}}}
            """#
        let statistics = try KafkaStatistics(json: Array(json.utf8))
        #expect(statistics.messageCount == 3)
        #expect(statistics.brokers["b"]?.roundTrip?.p99 == 900)
        #expect(statistics.topics["t"]?.partitions["0"]?.consumerLag == -1)
        #expect(throws: (any Error).self) { try KafkaStatistics(json: Array("[]".utf8)) }
    }
}
