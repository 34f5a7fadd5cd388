import CRdKafka
import Concurrency
package import Observability

/// Reads records as a member of a group, or from given partitions. What was processed is committed by hand.
///
/// Close it, so that the group need not wait for its session to end; one that is forgotten leaves its group in the
/// background when it is released.
package final class KafkaConsumer: Sendable {
    package typealias Settings = ConsumerSettings

    private let core: ConsumerCore
    private let calls = BlockingCalls(name: "kafka-seek", limit: 1)

    /// - Parameters:
    ///   - onStatistics: called every `statistics.interval.ms` (a property to set) on the consumer's own thread.
    ///   - onRebalance: called while a batch is being asked for or the consumer closes. The rebalance waits for its end
    ///     (up to ``ConsumerSettings/rebalanceTimeout``); it may commit, but must not ask for a batch or close.
    /// - Throws: ``KafkaError`` for settings that librdkafka refuses. That brokers cannot be reached shows later.
    package init(
        _ configuration: KafkaConfiguration, settings: Settings, logger: Logger,
        onStatistics: (@Sendable (KafkaStatistics) -> Void)? = nil,
        onRebalance: (@Sendable (RebalanceEvent) async -> Void)? = nil
    ) throws(KafkaError) {
        core = try ConsumerCore(
            configuration, settings, logger: logger, onStatistics: onStatistics, onRebalance: onRebalance)
    }

    deinit { core.close() }

    /// The partitions that are ours at present.
    package var assignment: Set<TopicPartition> { core.assignment }

    /// Whether the group has given this member its share once, be it none.
    package var wasAssigned: Bool { core.wasAssigned }

    /// What the group's coordinator calls this member; `nil` before it has joined.
    package var memberID: String? {
        guard let text = unsafe rd_kafka_memberid(core.client.handle) else { return nil }
        defer { unsafe rd_kafka_mem_free(core.client.handle, text) }
        let id = unsafe String(cString: text)
        return id.isEmpty ? nil : id
    }

    /// The last trouble with brokers since the last success.
    package var lastError: KafkaError? { core.client.monitor.lastError }

    /// Joins the group for these topics, in place of those before. A topic that is not there is waited for.
    package func subscribe(_ topics: [String]) throws(KafkaError) {
        try checkOpen()
        let list = PartitionList(capacity: topics.count)
        for topic in topics { list.add(topic: topic) }
        try check(
            unsafe list.withPointer { unsafe rd_kafka_subscribe(core.client.handle, $0) }, "subscribing to \(topics)")
    }

    /// Reads these partitions from these offsets (`nil`: what the group has committed, else the reset policy) without
    /// joining the group.
    package func assign(_ partitions: [TopicPartition: Int64?]) throws(KafkaError) {
        try checkOpen()
        let list = PartitionList(capacity: partitions.count)
        for (partition, offset) in partitions {
            list.add(partition, offset: offset ?? Int64(RD_KAFKA_OFFSET_STORED))
        }
        try check(unsafe list.withPointer { unsafe rd_kafka_assign(core.client.handle, $0) }, "assigning partitions")
        core.setAssignment(Set(partitions.keys))
    }

    /// The next records, in order within each partition: what is there once the first has arrived. Empty when none came in
    /// time. One caller at a time.
    ///
    /// A cancelled call ends at once, with the records it had already taken, or `CancellationError` if there were none.
    /// - Throws: ``KafkaError`` when the consumer cannot go on (fatal, closed), or is not allowed to read.
    package func nextBatch(max: Int = 500, timeout: Duration) async throws -> [KafkaMessage] {
        try Task.checkCancellation()
        let deadline = ContinuousClock().now + timeout
        let id = core.newID()
        let records = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                core.ask(BatchRequest(id: id, max: Swift.max(1, max), deadline: deadline, continuation: continuation))
                // Cancelled before it had asked: the handler has found nothing to cancel.
                if Task.isCancelled { core.cancel(id) }
            }
        } onCancel: {
            core.cancel(id)
        }
        if !records.isEmpty { core.client.monitor.succeeded() }
        return records
    }

    /// Commits offsets of the *next* records to read. Waits for the broker's answer.
    /// - Throws: ``KafkaError``; ``KafkaError/Code/groupBusy`` when a partition is no longer ours.
    package func commit(_ offsets: [TopicPartition: Int64]) async throws {
        guard !offsets.isEmpty else { return }
        let client = core.client
        try await client.answer { (token) throws(KafkaError) in
            let error = unsafe PartitionList(offsets).withPointer {
                unsafe rd_kafka_commit_queue(client.handle, $0, client.queue, nil, token.opaque)
            }
            if error != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(error, "committing offsets") }
        } parse: { (event) throws(KafkaError) in
            let error = unsafe rd_kafka_event_error(event.pointer)
            if error != RD_KAFKA_RESP_ERR_NO_ERROR {
                throw client.monitor.explained(KafkaError(error, "committing offsets"))
            }
            guard let list = unsafe rd_kafka_event_topic_partition_list(event.pointer) else { return }
            for element in unsafe PartitionList.elements(of: list) where element.error != RD_KAFKA_RESP_ERR_NO_ERROR {
                throw KafkaError(element.error, "committing the offset of \(element.partition)")
            }
            client.monitor.succeeded()
        }
    }

    /// Stops reading from these partitions; what was read ahead is read again after ``resume(_:)``. One that a rebalance
    /// takes away meanwhile may come back paused or not: pause or resume it anew.
    package func pause(_ partitions: [TopicPartition]) throws(KafkaError) {
        let list = PartitionList(partitions)
        try check(unsafe list.withPointer { unsafe rd_kafka_pause_partitions(core.client.handle, $0) }, "pausing")
        try list.check("pausing")
    }

    /// Goes on where ``pause(_:)`` stopped.
    package func resume(_ partitions: [TopicPartition]) throws(KafkaError) {
        let list = PartitionList(partitions)
        try check(unsafe list.withPointer { unsafe rd_kafka_resume_partitions(core.client.handle, $0) }, "resuming")
        try list.check("resuming")
    }

    /// Reads on from these offsets. The partitions must be ours, and reading from them must have begun.
    package func seek(_ offsets: [TopicPartition: Int64], timeout: Duration = .seconds(10)) async throws {
        guard !offsets.isEmpty else { return }
        try checkOpen()
        try await calls.run { [client = core.client] () throws(KafkaError) in
            let list = PartitionList(offsets)
            let milliseconds = Int32(clamping: Swift.max(1, timeout.milliseconds))
            let error = unsafe list.withPointer { unsafe rd_kafka_seek_partitions(client.handle, $0, milliseconds) }
            if let error = unsafe error {
                defer { unsafe rd_kafka_error_destroy(error) }
                throw KafkaError(unsafe rd_kafka_error_code(error), "seeking")
            }
            try list.check("seeking")
        }
    }

    /// The offset after the last record that was given out, by partition; absent where none was yet.
    package func position(_ partitions: [TopicPartition]) throws(KafkaError) -> [TopicPartition: Int64] {
        let list = PartitionList(partitions)
        try check(unsafe list.withPointer { unsafe rd_kafka_position(core.client.handle, $0) }, "asking for positions")
        return Dictionary(list.elements.filter { $0.offset >= 0 }.map { ($0.partition, $0.offset) }) { $1 }
    }

    /// Leaves the group and ends. While it still joins, the leaving can go unheard: then the broker notices by the session
    /// time-out. A caller that waits for a batch gets ``KafkaError/Code/closed``.
    /// - Parameter timeout: how long to wait for it; it goes on in the background.
    package func close(timeout: Duration = .seconds(10)) async {
        core.close()
        await core.waitUntilClosed(atMost: timeout)
    }

    private func checkOpen() throws(KafkaError) {
        if core.isClosing { throw KafkaError(.closed, "the Kafka consumer is closed") }
    }

    private func check(_ error: rd_kafka_resp_err_t, _ what: String) throws(KafkaError) {
        guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw core.client.fatalError ?? core.client.monitor.explained(KafkaError(error, what))
    }
}
