import FoundationEssentials

/// A part of librdkafka's statistics (STATISTICS.md of librdkafka names all of them); the rest is in the JSON itself.
package struct KafkaStatistics: Sendable, Decodable {
    /// The client's instance name.
    package let name: String
    /// "producer" or "consumer".
    package let type: String
    /// Records in the producer's queues.
    package let messageCount: Int
    /// Bytes in the producer's queues.
    package let messageBytes: Int
    /// Requests sent.
    package let requests: Int
    /// By broker name.
    package let brokers: [String: Broker]
    /// By topic.
    package let topics: [String: Topic]

    /// One broker's connection.
    package struct Broker: Sendable, Decodable {
        /// "UP", "DOWN", "INIT", …
        package let state: String
        package let connects: Int
        package let disconnects: Int
        /// Round trips.
        package let roundTrip: Window?

        private enum CodingKeys: String, CodingKey {
            case state, connects, disconnects
            case roundTrip = "rtt"
        }
    }

    /// A rolling window of measured values in microseconds.
    package struct Window: Sendable, Decodable {
        package let average: Int
        package let p99: Int

        private enum CodingKeys: String, CodingKey {
            case average = "avg"
            case p99
        }
    }

    /// One topic of the client.
    package struct Topic: Sendable, Decodable {
        /// By partition; "-1" stands for records without one yet.
        package let partitions: [String: Partition]
    }

    /// One partition of the client.
    package struct Partition: Sendable, Decodable {
        /// Records between the last consumed and the end; -1 when not known.
        package let consumerLag: Int64

        private enum CodingKeys: String, CodingKey {
            case consumerLag = "consumer_lag"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case name, type, brokers, topics
        case messageCount = "msg_cnt"
        case messageBytes = "msg_size"
        case requests = "tx"
    }

    /// Throws `DecodingError` when `json` is not librdkafka's.
    package init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(json))
    }
}
