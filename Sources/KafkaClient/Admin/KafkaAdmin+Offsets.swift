import CRdKafka
import Concurrency

extension KafkaAdmin {
    /// The offset of each partition's oldest record.
    /// - Throws: ``KafkaError``: ``KafkaError/Code/unknownTopic`` when one of them is not there.
    package func logStartOffsets(_ partitions: [TopicPartition]) async throws -> [TopicPartition: Int64] {
        try await logOffsets(partitions, Int64(RD_KAFKA_OFFSET_BEGINNING), "log start offsets")
    }

    /// The offset that each partition's next record will have.
    /// - Throws: ``KafkaError``: ``KafkaError/Code/unknownTopic`` when one of them is not there.
    package func logEndOffsets(_ partitions: [TopicPartition]) async throws -> [TopicPartition: Int64] {
        try await logOffsets(partitions, Int64(RD_KAFKA_OFFSET_END), "log end offsets")
    }

    /// How far `group` is behind the end of each of the topic's partitions, in records. Where it has committed nothing,
    /// everything in the log counts.
    package func lag(group: String, topic: String) async throws -> [Int32: Int64] {
        guard let description = try await describeTopics([topic], timeout: timeout)[topic] ?? nil else {
            throw KafkaError(.unknownTopic, "lag of group \(group): topic \(topic) is not there")
        }
        let partitions = description.partitions.map { TopicPartition(topic: topic, partition: $0.id) }
        let committed = try await committedOffsets(group: group, partitions)
        let ends = try await logEndOffsets(partitions)
        let starts = try await logStartOffsets(partitions)
        return Self.lag(committed: committed, starts: starts, ends: ends)
    }

    /// Committed offsets that have left the log count from its start.
    static func lag(
        committed: [TopicPartition: Int64], starts: [TopicPartition: Int64], ends: [TopicPartition: Int64]
    ) -> [Int32: Int64] {
        var lag: [Int32: Int64] = [:]
        for (partition, end) in ends {
            let start = starts[partition] ?? 0
            lag[partition.partition] = max(0, end - max(start, committed[partition] ?? start))
        }
        return lag
    }

    /// One request to each leader: librdkafka passes the special timestamps -2 and -1 on as they are, and for brokers they
    /// mean the log's ends.
    private func logOffsets(
        _ partitions: [TopicPartition], _ position: Int64, _ what: String
    ) async throws -> [TopicPartition: Int64] {
        guard !partitions.isEmpty else { return [:] }
        let deadline = ContinuousClock().now + timeout
        try checkOpen(what)
        return try await calls.run { [client] () throws(KafkaError) in
            var list = try Self.logOffsets(client, partitions, position, what, until: deadline)
            if list.elements.contains(where: { $0.error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION }) {
                // What librdkafka remembers of the topic is from before it grew; it would for up to 15 minutes.
                try Self.refreshMetadata(client, what, until: deadline)
                list = try Self.logOffsets(client, partitions, position, what, until: deadline)
            }
            try list.check("\(what) of")
            client.monitor.succeeded()
            return Dictionary(list.elements.map { ($0.partition, $0.offset) }) { first, _ in first }
        }
    }

    /// - Returns: each partition with its offset or its error.
    private static func logOffsets(
        _ client: Client, _ partitions: [TopicPartition], _ position: Int64, _ what: String,
        until deadline: ContinuousClock.Instant
    ) throws(KafkaError) -> PartitionList {
        let list = PartitionList(capacity: partitions.count)
        for partition in Set(partitions) { list.add(partition, offset: position) }
        let rest = max(1, (deadline - ContinuousClock().now).milliseconds)
        let error = unsafe list.withPointer {
            unsafe rd_kafka_offsets_for_times(client.handle, $0, Int32(clamping: rest))
        }
        // A single partition's error may be told for the whole, too.
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION else {
            let names = Set(partitions.map(\.topic)).sorted().prefix(3).joined(separator: ", ")
            throw client.monitor.explained(KafkaError(error, "\(what) of \(names)"))
        }
        return list
    }

    /// Has librdkafka learn anew how many partitions topics have. It takes that from an answer about all topics only: an
    /// answer about one topic would be kept for good (see ``TopicClient``).
    private static func refreshMetadata(
        _ client: Client, _ what: String, until deadline: ContinuousClock.Instant
    ) throws(KafkaError) {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let rest = max(1, (deadline - ContinuousClock().now).milliseconds)
        let error = unsafe rd_kafka_metadata(client.handle, 1, nil, &answer, Int32(clamping: rest))
        if let answer = unsafe answer { unsafe rd_kafka_metadata_destroy(answer) }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw client.monitor.explained(KafkaError(error, what))
        }
    }
}
