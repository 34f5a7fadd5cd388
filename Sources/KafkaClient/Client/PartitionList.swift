import CRdKafka
import Glibc

/// An `rd_kafka_topic_partition_list_t` that is freed with this value's last reference.
@safe final class PartitionList {
    private let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// An empty list.
    init(capacity: Int = 8) {
        guard let pointer = unsafe rd_kafka_topic_partition_list_new(Int32(capacity)) else {
            preconditionFailure("librdkafka has no memory for a list of partitions")
        }
        unsafe self.pointer = pointer
    }

    /// Takes over a list that librdkafka made for us.
    init(owning pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        unsafe self.pointer = pointer
    }

    convenience init(_ partitions: some Collection<TopicPartition>) {
        self.init(capacity: partitions.count)
        for partition in partitions { add(partition) }
    }

    /// - Parameter metadata: goes with each offset that is committed.
    convenience init(_ offsets: [TopicPartition: Int64], metadata: String? = nil) {
        self.init(capacity: offsets.count)
        for (partition, offset) in offsets { add(partition, offset: offset, metadata: metadata) }
    }

    deinit { unsafe rd_kafka_topic_partition_list_destroy(pointer) }

    func add(_ partition: TopicPartition, offset: Int64? = nil, metadata: String? = nil) {
        guard
            let element = unsafe rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)
        else { return }
        if let offset { unsafe element.pointee.offset = offset }
        if let metadata {
            // Freed by librdkafka with the list.
            unsafe element.pointee.metadata = UnsafeMutableRawPointer(strdup(metadata))
            unsafe element.pointee.metadata_size = metadata.utf8.count
        }
    }

    /// Topics without partitions, for subscriptions.
    func add(topic: String) {
        unsafe _ = rd_kafka_topic_partition_list_add(pointer, topic, -1)
    }

    var elements: [Element] { unsafe withPointer { unsafe Self.elements(of: $0) } }

    /// Lends the list to librdkafka for a call; alive until the call has returned.
    func withPointer<Result>(
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Result
    ) -> Result {
        defer { withExtendedLifetime(self) {} }
        return unsafe body(pointer)
    }

    /// What a list holds.
    static func elements(of list: UnsafePointer<rd_kafka_topic_partition_list_t>) -> [Element] {
        let list = unsafe list.pointee
        return unsafe UnsafeBufferPointer(start: list.elems, count: Int(list.cnt)).map { element in
            unsafe Element(
                partition: TopicPartition(topic: String(cString: element.topic), partition: element.partition),
                offset: element.offset, metadata: Self.text(element), error: element.err)
        }
    }

    private static func text(_ element: rd_kafka_topic_partition_t) -> String? {
        guard let bytes = unsafe element.metadata, unsafe element.metadata_size > 0 else { return nil }
        return unsafe String(
            decoding: UnsafeRawBufferPointer(start: bytes, count: element.metadata_size), as: UTF8.self)
    }

    /// One partition of a list.
    struct Element {
        let partition: TopicPartition
        let offset: Int64
        /// What was committed beside the offset; `nil` for nothing.
        let metadata: String?
        let error: rd_kafka_resp_err_t
    }

    /// Throws the first partition's error.
    func check(_ what: String) throws(KafkaError) {
        for element in elements where element.error != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(element.error, "\(what) \(element.partition)")
        }
    }
}
