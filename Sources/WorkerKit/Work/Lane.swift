import KafkaClient

/// What must be handled one after another.
enum Lane: Hashable, Sendable {
    /// Records of the same key: of one chat.
    case key([UInt8])
    /// A record without a key is on its own.
    case single(TopicPartition, Int64)

    init(_ record: KafkaMessage) {
        self = record.key.map { .key($0) } ?? .single(record.topicPartition, record.offset)
    }
}
