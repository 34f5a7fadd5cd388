package import CRdKafka
package import KafkaClient

/// librdkafka's in-process cluster, for faults that ``KafkaBroker`` does not commit on demand, and for members of groups that
/// are killed: it expels them. Other processes reach it, too. It has no admin API: make topics with ``createTopic(_:partitions:)``.
///
/// `@unchecked Sendable` is safe: the pointers never change and the mock's functions take a lock of their own.
package final class MockCluster: @unchecked Sendable {
    /// Why there is no cluster.
    package struct StartError: Error, CustomStringConvertible {
        package let description: String
    }

    private let host: OpaquePointer
    private let cluster: OpaquePointer

    package init(brokers: Int32 = 1) throws {
        var text = [CChar](repeating: 0, count: 256)
        guard let host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), &text, text.count) else {
            let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw StartError(description: "no client for a mock cluster: \(reason)")
        }
        guard let cluster = rd_kafka_mock_cluster_new(host, brokers) else {
            rd_kafka_destroy(host)
            throw StartError(description: "no mock cluster of \(brokers) brokers")
        }
        self.host = host
        self.cluster = cluster
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(host)
    }

    /// What clients are given as `bootstrap.servers`.
    package var bootstrapServers: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    package func configuration(_ properties: [String: String] = [:]) -> KafkaConfiguration {
        KafkaConfiguration(bootstrapServers: bootstrapServers, clientID: "tests", properties: properties)
    }

    package func createTopic(_ name: String, partitions: Int32 = 1) {
        rd_kafka_mock_topic_create(cluster, name, partitions, 1)
    }

    /// The next requests of this kind fail with these errors, one after another.
    package func fail(_ request: Request, with errors: [rd_kafka_resp_err_t]) {
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, errors.count, errors)
    }

    /// Request kinds by Kafka's protocol numbers.
    package enum Request: Int16 {
        case produce = 0
        case fetch = 1
        case offsetCommit = 8
    }

    /// - Parameter broker: -1: all of them.
    package func setDown(_ broker: Int32 = -1) { rd_kafka_mock_broker_set_down(cluster, broker) }

    package func setUp() { rd_kafka_mock_broker_set_up(cluster, -1) }

    package func setRoundTrip(milliseconds: Int32) { rd_kafka_mock_broker_set_rtt(cluster, -1, milliseconds) }

    package func moveLeader(of topic: String, to broker: Int32) {
        rd_kafka_mock_partition_set_leader(cluster, topic, 0, broker)
    }
}
