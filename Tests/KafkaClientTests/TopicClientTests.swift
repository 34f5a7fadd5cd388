import Observability
import TestRig
import Testing

@testable import KafkaClient

/// The instance that is asked about single topics.
@Suite struct TopicClientTests {
    private let nowhere = KafkaConfiguration(bootstrapServers: "127.0.0.1:1", clientID: "tests")

    @Test func isRenewedAfterSoManyQuestions() throws {
        let topics = TopicClient(nowhere, logger: .silent, limit: 3)
        let first = try topics.next("a test")
        #expect(try topics.next("a test") === first)
        #expect(try topics.next("a test") === first)
        let second = try topics.next("a test")
        #expect(second !== first)
        #expect(try topics.next("a test") === second)
        topics.close()
    }

    @Test func isReleasedWhenNobodyHasIt() async throws {
        let topics = TopicClient(nowhere, logger: .silent, limit: 1)
        weak let old = try topics.next("a test")
        _ = try topics.next("a test")
        topics.close()
        #expect(try await eventually { old == nil })
    }

    @Test func givesNothingOnceClosed() throws {
        let topics = TopicClient(nowhere, logger: .silent)
        topics.close()
        let error = #expect(throws: KafkaError.self) { _ = try topics.next("describing topic t") }
        #expect(error?.code == .closed)
        #expect(error?.message.contains("describing topic t") == true)
    }
}

extension BrokerTests {
    /// Many more questions at once than an instance is asked, across its renewals.
    @Test func topicsAreDescribedAcrossRenewals() async throws {
        try await KafkaBroker.with { broker in
            try await broker.createTopic("three", partitions: 3)
            try await broker.withAdmin { admin in
                try await withThrowingTaskGroup(of: Int?.self) { group in
                    for index in 0..<1_200 {
                        group.addTask {
                            let name = index % 2 == 0 ? "three" : "absent-\(index)"
                            return try await admin.describeTopics([name], timeout: .seconds(60))[name]??.partitions
                                .count
                        }
                    }
                    var found: [Int?: Int] = [:]
                    for try await count in group { found[count, default: 0] += 1 }
                    #expect(found == [3: 600, nil: 600])
                }
            }
        }
    }
}
