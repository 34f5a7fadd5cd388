/// A record as it was consumed.
package struct KafkaMessage: Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    package let key: [UInt8]?
    /// `nil` is a tombstone.
    package let value: [UInt8]?
    package let headers: [(String, [UInt8])]
    /// Milliseconds since 1970; -1 when the broker gave none.
    package let timestamp: Int64

    package init(
        topic: String, partition: Int32, offset: Int64, key: [UInt8]?, value: [UInt8]?,
        headers: [(String, [UInt8])] = [], timestamp: Int64
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }

    /// Where it was read.
    package var topicPartition: TopicPartition { TopicPartition(topic: topic, partition: partition) }
}
