import CRdKafka
import KafkaClient
import Testing

/// librdkafka's in-process cluster, for faults that a real broker does not commit on demand.
///
/// `@unchecked Sendable` is safe: the pointers never change and the mock's functions take a lock of their own.
final class MockCluster: @unchecked Sendable {
    private let host: OpaquePointer
    private let cluster: OpaquePointer

    init(brokers: Int32 = 1) throws {
        var text = [CChar](repeating: 0, count: 256)
        host = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), &text, text.count))
        cluster = try #require(rd_kafka_mock_cluster_new(host, brokers))
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(host)
    }

    func configuration(_ properties: [String: String] = [:]) -> KafkaConfiguration {
        KafkaConfiguration(
            bootstrapServers: String(cString: rd_kafka_mock_cluster_bootstraps(cluster)), clientID: "tests",
            properties: properties)
    }

    func createTopic(_ name: String, partitions: Int32 = 1) {
        rd_kafka_mock_topic_create(cluster, name, partitions, 1)
    }

    /// The next requests of this kind fail with these errors, one after another.
    func fail(_ request: Request, with errors: [rd_kafka_resp_err_t]) {
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, errors.count, errors)
    }

    /// Request kinds by Kafka's protocol numbers.
    enum Request: Int16 {
        case produce = 0
        case fetch = 1
        case offsetCommit = 8
    }

    /// - Parameter broker: -1: all of them.
    func setDown(_ broker: Int32 = -1) { rd_kafka_mock_broker_set_down(cluster, broker) }

    func setUp() { rd_kafka_mock_broker_set_up(cluster, -1) }

    func setRoundTrip(milliseconds: Int32) { rd_kafka_mock_broker_set_rtt(cluster, -1, milliseconds) }

    func moveLeader(of topic: String, to broker: Int32) {
        rd_kafka_mock_partition_set_leader(cluster, topic, 0, broker)
    }
}
