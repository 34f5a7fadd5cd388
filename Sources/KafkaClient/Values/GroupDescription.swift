/// A consumer group as its coordinator shows it.
package struct GroupDescription: Sendable, Equatable {
    package enum State: Sendable {
        case unknown, preparingRebalance, completingRebalance
        /// All members know what is theirs.
        case stable
        case dead
        /// No members; offsets may still be kept.
        case empty
    }

    package struct Member: Sendable, Equatable {
        /// What the coordinator calls it: ``KafkaConsumer/memberID``.
        package let id: String
        package let clientID: String
        package let host: String
        package let partitions: [TopicPartition]
    }

    package let state: State
    package let members: [Member]

    /// The topics of which a member reads a partition.
    package var readTopics: Set<String> { Set(members.flatMap { $0.partitions.map(\.topic) }) }
}
