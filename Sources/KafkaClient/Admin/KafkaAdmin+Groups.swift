import CRdKafka
import Concurrency

extension KafkaAdmin {
    /// What `group` has committed: the offset of the next record to read. Partitions without a commit are absent.
    /// - Parameter partitions: all that the group has commits for when `nil`.
    package func committedOffsets(
        group: String, _ partitions: [TopicPartition]?
    ) async throws -> [TopicPartition: Int64] {
        if let partitions, partitions.isEmpty { return [:] }
        let what = "committed offsets of group \(group)"
        return try await perform(what, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, within: timeout) {
            client, options in
            var request =
                if let partitions {
                    unsafe PartitionList(partitions).withPointer {
                        unsafe rd_kafka_ListConsumerGroupOffsets_new(group, $0)
                    }
                } else {
                    unsafe rd_kafka_ListConsumerGroupOffsets_new(group, nil)
                }
            defer { unsafe rd_kafka_ListConsumerGroupOffsets_destroy(request) }
            unsafe rd_kafka_ListConsumerGroupOffsets(client.handle, &request, 1, options.pointer, client.queue)
        } parse: { (event) throws(KafkaError) in
            var count = 0
            let result = unsafe rd_kafka_event_ListConsumerGroupOffsets_result(event.pointer)
            let groups = unsafe rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count)
            var offsets: [TopicPartition: Int64] = [:]
            for element in try unsafe Self.partitions(of: groups, count, what) where element.offset >= 0 {
                offsets[element.partition] = element.offset
            }
            return offsets
        }
    }

    /// Commits offsets for a group without members.
    /// - Throws: ``KafkaError``: ``KafkaError/Code/groupBusy`` when it has some, ``KafkaError/Code/unknownTopic``.
    package func commitOffsets(group: String, _ offsets: [TopicPartition: Int64]) async throws {
        guard !offsets.isEmpty else { return }
        let what = "committing offsets for group \(group)"
        try await perform(what, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, within: timeout) { client, options in
            var request = unsafe PartitionList(offsets).withPointer {
                unsafe rd_kafka_AlterConsumerGroupOffsets_new(group, $0)
            }
            defer { unsafe rd_kafka_AlterConsumerGroupOffsets_destroy(request) }
            unsafe rd_kafka_AlterConsumerGroupOffsets(client.handle, &request, 1, options.pointer, client.queue)
        } parse: { (event) throws(KafkaError) in
            var count = 0
            let result = unsafe rd_kafka_event_AlterConsumerGroupOffsets_result(event.pointer)
            let groups = unsafe rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &count)
            _ = try unsafe Self.partitions(of: groups, count, what)
        }
    }

    /// Deletes a group without members, and its offsets.
    /// - Throws: ``KafkaError``: ``KafkaError/Code/unknownGroup``, ``KafkaError/Code/groupBusy``.
    package func deleteGroup(_ group: String) async throws {
        let what = "deleting group \(group)"
        try await perform(what, RD_KAFKA_ADMIN_OP_DELETEGROUPS, within: timeout) { client, options in
            var request = unsafe rd_kafka_DeleteGroup_new(group)
            defer { unsafe rd_kafka_DeleteGroup_destroy(request) }
            unsafe rd_kafka_DeleteGroups(client.handle, &request, 1, options.pointer, client.queue)
        } parse: { (event) throws(KafkaError) in
            var count = 0
            let result = unsafe rd_kafka_event_DeleteGroups_result(event.pointer)
            let groups = unsafe rd_kafka_DeleteGroups_result_groups(result, &count)
            _ = try unsafe Self.partitions(of: groups, count, what)
        }
    }

    /// The partitions of all group results; throws the first error.
    private static func partitions(
        of groups: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ what: String
    ) throws(KafkaError) -> [PartitionList.Element] {
        var elements: [PartitionList.Element] = []
        for index in 0..<count {
            guard let group = unsafe groups?[index] else { continue }
            if let error = unsafe rd_kafka_group_result_error(group) {
                let text = unsafe rd_kafka_error_string(error).map { unsafe String(cString: $0) }
                throw KafkaError(unsafe rd_kafka_error_code(error), what, text: text)
            }
            guard let list = unsafe rd_kafka_group_result_partitions(group) else { continue }
            elements += unsafe PartitionList.elements(of: list)
        }
        for element in elements where element.error != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(element.error, "\(what): \(element.partition)")
        }
        return elements
    }
}
