/// A record to produce.
package struct KafkaRecord: Sendable {
    package var topic: String
    /// `nil`: chosen by the key's hash (as Java's clients do: murmur2), at random without a key.
    package var partition: Int32?
    package var key: [UInt8]?
    /// `nil` is a tombstone for compacted topics.
    package var value: [UInt8]?
    /// In this order; names may repeat.
    package var headers: [(String, [UInt8])]
    /// Milliseconds since 1970; now when `nil`.
    package var timestamp: Int64?

    package init(
        topic: String, partition: Int32? = nil, key: [UInt8]? = nil, value: [UInt8]?,
        headers: [(String, [UInt8])] = [], timestamp: Int64? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }
}
