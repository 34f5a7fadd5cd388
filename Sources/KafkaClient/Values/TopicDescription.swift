/// A topic as the brokers' metadata shows it.
package struct TopicDescription: Sendable, Equatable {
    package let name: String
    /// In the order of their ids.
    package let partitions: [PartitionDescription]

    package init(name: String, partitions: [PartitionDescription]) {
        self.name = name
        self.partitions = partitions
    }
}
