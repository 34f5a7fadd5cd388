import CRdKafka
import Concurrency

extension KafkaAdmin {
    /// What `group` has committed: the offset of the next record to read. Partitions without a commit are absent.
    /// - Parameter partitions: all that the group has commits for when `nil`.
    package func committedOffsets(
        group: String, _ partitions: [TopicPartition]?
    ) async throws -> [TopicPartition: Int64] {
        try await commits(group: group, partitions).mapValues(\.offset)
    }

    /// What `group` has committed beside its offsets. Partitions without a commit, or with nothing beside it, are absent.
    package func committedMetadata(
        group: String, _ partitions: [TopicPartition]
    ) async throws -> [TopicPartition: String] {
        try await commits(group: group, partitions).compactMapValues(\.metadata)
    }

    private func commits(
        group: String, _ partitions: [TopicPartition]?
    ) async throws -> [TopicPartition: (offset: Int64, metadata: String?)] {
        if let partitions, partitions.isEmpty { return [:] }
        let what = "committed offsets of group \(group)"
        return try await performAtCoordinator(what, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS) {
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
            var commits: [TopicPartition: (offset: Int64, metadata: String?)] = [:]
            for element in try unsafe Self.partitions(of: groups, count, what) where element.offset >= 0 {
                commits[element.partition] = (element.offset, element.metadata)
            }
            return commits
        }
    }

    /// Commits offsets for a group without members.
    /// - Parameter metadata: a short text kept beside each offset; brokers take 4 kB.
    /// - Throws: ``KafkaError``: ``KafkaError/Code/groupBusy`` when it has some, ``KafkaError/Code/unknownTopic``.
    package func commitOffsets(
        group: String, _ offsets: [TopicPartition: Int64], metadata: String? = nil
    ) async throws {
        guard !offsets.isEmpty else { return }
        let what = "committing offsets for group \(group)"
        try await performAtCoordinator(what, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS) { client, options in
            var request = unsafe PartitionList(offsets, metadata: metadata).withPointer {
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

    /// A group's state and who reads what in it. One that was never heard of is ``GroupDescription/State/dead``.
    package func describeGroup(_ group: String) async throws -> GroupDescription {
        let what = "describing group \(group)"
        return try await performAtCoordinator(what, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS) { client, options in
            unsafe group.withCString { name in
                var names: UnsafePointer<CChar>? = unsafe name
                unsafe rd_kafka_DescribeConsumerGroups(client.handle, &names, 1, options.pointer, client.queue)
            }
        } parse: { (event) throws(KafkaError) in
            var count = 0
            let result = unsafe rd_kafka_event_DescribeConsumerGroups_result(event.pointer)
            let groups = unsafe rd_kafka_DescribeConsumerGroups_result_groups(result, &count)
            guard count > 0, let description = unsafe groups?[0] else {
                throw KafkaError(.other, "\(what): the brokers told nothing")
            }
            if let error = unsafe rd_kafka_ConsumerGroupDescription_error(description) {
                let text = unsafe rd_kafka_error_string(error).map { unsafe String(cString: $0) }
                throw KafkaError(unsafe rd_kafka_error_code(error), what, text: text)
            }
            let members = unsafe rd_kafka_ConsumerGroupDescription_member_count(description)
            return GroupDescription(
                state: unsafe GroupDescription.State(rd_kafka_ConsumerGroupDescription_state(description)),
                members: (0..<members).compactMap { index in
                    unsafe rd_kafka_ConsumerGroupDescription_member(description, index)
                        .map { unsafe GroupDescription.Member($0) }
                })
        }
    }

    /// Deletes a group without members, and its offsets.
    /// - Throws: ``KafkaError``: ``KafkaError/Code/unknownGroup``, ``KafkaError/Code/groupBusy``.
    package func deleteGroup(_ group: String) async throws {
        let what = "deleting group \(group)"
        try await performAtCoordinator(what, RD_KAFKA_ADMIN_OP_DELETEGROUPS) { client, options in
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

extension GroupDescription.State {
    fileprivate init(_ state: rd_kafka_consumer_group_state_t) {
        switch state {
        case RD_KAFKA_CONSUMER_GROUP_STATE_PREPARING_REBALANCE: self = .preparingRebalance
        case RD_KAFKA_CONSUMER_GROUP_STATE_COMPLETING_REBALANCE: self = .completingRebalance
        case RD_KAFKA_CONSUMER_GROUP_STATE_STABLE: self = .stable
        case RD_KAFKA_CONSUMER_GROUP_STATE_DEAD: self = .dead
        case RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY: self = .empty
        default: self = .unknown
        }
    }
}

extension GroupDescription.Member {
    fileprivate init(_ member: OpaquePointer) {
        let text = { (pointer: UnsafePointer<CChar>?) in unsafe pointer.map { unsafe String(cString: $0) } ?? "" }
        let assignment = unsafe rd_kafka_MemberDescription_assignment(member)
        let list = unsafe assignment.flatMap { unsafe rd_kafka_MemberAssignment_partitions($0) }
        unsafe self.init(
            id: text(rd_kafka_MemberDescription_consumer_id(member)),
            clientID: text(rd_kafka_MemberDescription_client_id(member)),
            host: text(rd_kafka_MemberDescription_host(member)),
            partitions: list.map { unsafe PartitionList.elements(of: $0).map(\.partition) } ?? [])
    }
}
