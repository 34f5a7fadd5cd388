import Concurrency

/// How a producer trades latency, memory and certainty. Always idempotent with acks=all.
package struct ProducerSettings: Sendable {
    /// How long records wait for company in a batch.
    package var lingerMilliseconds: Int
    package var compression: Compression
    /// The most records that wait for an acknowledgement; then ``KafkaError/Code/queueFull``.
    package var maxOutstandingRecords: Int
    /// The most bytes of records that wait.
    package var maxOutstandingBytes: Int
    /// From `send` to the acknowledgement, retries included; then ``KafkaError/Code/timedOut``.
    package var deliveryTimeout: Duration

    /// By librdkafka's names.
    package enum Compression: String, Sendable { case none, gzip, snappy, lz4, zstd }

    package init(
        lingerMilliseconds: Int = 5, compression: Compression = .none, maxOutstandingRecords: Int = 100_000,
        maxOutstandingBytes: Int = 64 << 20, deliveryTimeout: Duration = .seconds(30)
    ) {
        self.lingerMilliseconds = lingerMilliseconds
        self.compression = compression
        self.maxOutstandingRecords = maxOutstandingRecords
        self.maxOutstandingBytes = maxOutstandingBytes
        self.deliveryTimeout = deliveryTimeout
    }

    /// librdkafka's names for it.
    var properties: [(String, String)] {
        [
            ("enable.idempotence", "true"), ("acks", "all"), ("linger.ms", "\(lingerMilliseconds)"),
            ("compression.type", compression.rawValue),
            ("queue.buffering.max.messages", "\(max(1, maxOutstandingRecords))"),
            ("queue.buffering.max.kbytes", "\(max(1, maxOutstandingBytes / 1024))"),
            ("message.timeout.ms", "\(max(1, deliveryTimeout.milliseconds))"),
            // Keys go where Java's producers put them.
            ("partitioner", "murmur2_random"),
            // A topic that is not there fails its records after this, not after half a minute.
            ("topic.metadata.propagation.max.ms", "10000"),
        ]
    }
}
