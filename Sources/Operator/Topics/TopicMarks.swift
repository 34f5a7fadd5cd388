import KafkaClient
import PlatformAPI

/// The platform's mark on the topics that it made. Kafka has no labels: a mark is what one group, which nobody reads in,
/// has committed beside the offset of the topic's first partition. Brokers forget it a week after it was last written
/// (`offsets.retention.minutes`), and with the topic.
struct TopicMarks {
    /// The group that holds the marks of all topics in a cluster.
    static let group = "telegram-serverless_topics"

    let admin: KafkaAdmin

    /// Which of the topics are marked.
    func marked(_ topics: some Sequence<String>) async throws -> Set<String> {
        let partitions = topics.map { TopicPartition(topic: $0, partition: 0) }
        return Set(try await admin.committedMetadata(group: Self.group, partitions).keys.map(\.topic))
    }

    /// Marks topics, or marks them again before the broker forgets.
    /// - Parameter owner: "namespace/name" of the TelegramBot, for people who look.
    func mark(_ topics: some Sequence<String>, owner: String) async throws {
        try await admin.commitOffsets(
            group: Self.group, Self.offsets(topics), metadata: "TelegramBot \(owner)")
    }

    /// Takes the marks off topics that are about to be deleted.
    func unmark(_ topics: some Sequence<String>) async throws {
        try await admin.commitOffsets(group: Self.group, Self.offsets(topics))
    }

    private static func offsets(_ topics: some Sequence<String>) -> [TopicPartition: Int64] {
        Dictionary(topics.map { (TopicPartition(topic: $0, partition: 0), 0) }) { $1 }
    }
}
