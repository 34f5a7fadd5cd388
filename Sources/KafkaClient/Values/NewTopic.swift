/// A topic to create.
package struct NewTopic: Sendable, Equatable {
    package var name: String
    package var partitions: Int32
    /// -1: the broker's default.
    package var replicationFactor: Int32
    /// Kafka's names: "retention.ms".
    package var config: [String: String]

    package init(name: String, partitions: Int32, replicationFactor: Int32 = -1, config: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.config = config
    }
}
