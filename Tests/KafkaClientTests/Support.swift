import Foundation
import KafkaClient
import Observability
import TestRig
import Testing

/// Tests that start brokers, one after another: two brokers at once are enough for a small machine.
@Suite(.serialized) struct BrokerTests {}

extension KafkaBroker {
    func configuration(_ properties: [String: String] = [:]) -> KafkaConfiguration {
        KafkaConfiguration(bootstrapServers: bootstrapServers, clientID: "tests", properties: properties)
    }

    /// A client for set-up and inspection; closed at the end.
    func withAdmin<Result: Sendable>(
        _ body: @Sendable (KafkaAdmin) async throws -> Result
    ) async throws -> Result {
        let admin = try KafkaAdmin(configuration(), logger: .silent)
        do {
            let result = try await body(admin)
            await admin.close()
            return result
        } catch {
            await admin.close()
            throw error
        }
    }

    func createTopic(_ name: String, partitions: Int32 = 1, config: [String: String] = [:]) async throws {
        try await withAdmin { admin in
            let topic = NewTopic(name: name, partitions: partitions, config: config)
            try await admin.createTopics([topic], timeout: .seconds(20))[name]?.get()
        }
    }
}

extension KafkaConsumer {
    /// Asks for batches until `count` records are there or the deadline has passed.
    func records(_ count: Int, within limit: Duration = .seconds(30)) async throws -> [KafkaMessage] {
        var records: [KafkaMessage] = []
        let deadline = ContinuousClock().now + limit
        while records.count < count && ContinuousClock().now < deadline {
            records += try await nextBatch(max: 1000, timeout: .seconds(1))
        }
        return records
    }
}

/// Polls until `condition` holds; `false` after `limit`.
func eventually(
    within limit: Duration = .seconds(20), _ condition: @Sendable () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock().now + limit
    while ContinuousClock().now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(50))
    }
    return false
}

/// The error of `body`; fails the test when it throws none, or none of ours.
func kafkaError(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> KafkaError? {
    do {
        try await body()
        Issue.record("no error", sourceLocation: sourceLocation)
    } catch let error as KafkaError {
        return error
    } catch {
        Issue.record("not a KafkaError: \(error)", sourceLocation: sourceLocation)
    }
    return nil
}

func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

func record(_ topic: String, _ value: String, key: String? = nil, partition: Int32? = nil) -> KafkaRecord {
    KafkaRecord(topic: topic, partition: partition, key: key.map { Array($0.utf8) }, value: Array(value.utf8))
}
