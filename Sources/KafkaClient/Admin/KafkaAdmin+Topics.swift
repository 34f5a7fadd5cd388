import CRdKafka
import Concurrency

extension KafkaAdmin {
    /// Creates topics and waits until the brokers' metadata shows them with a leader for each partition.
    /// - Returns: each topic's outcome; ``KafkaError/Code/topicExists`` among the errors, and
    ///   ``KafkaError/Code/timedOut`` for one that was created but not visible in time.
    /// - Throws: ``KafkaError`` when the request as a whole failed.
    package func createTopics(
        _ topics: [NewTopic], timeout: Duration
    ) async throws -> [String: Result<Void, KafkaError>] {
        guard !topics.isEmpty else { return [:] }
        let deadline = ContinuousClock().now + timeout
        let what = topics.count == 1 ? "creating topic \(topics[0].name)" : "creating \(topics.count) topics"
        var results = try await perform(what, RD_KAFKA_ADMIN_OP_CREATETOPICS, within: timeout) {
            (client, options) throws(KafkaError) in
            var requests: [OpaquePointer?] = unsafe []
            defer { unsafe requests.forEach { unsafe rd_kafka_NewTopic_destroy($0) } }
            for topic in topics { unsafe requests.append(try Self.request(for: topic)) }
            unsafe rd_kafka_CreateTopics(client.handle, &requests, requests.count, options.pointer, client.queue)
        } parse: { event in
            var count = 0
            let result = unsafe rd_kafka_event_CreateTopics_result(event.pointer)
            let topics = unsafe rd_kafka_CreateTopics_result_topics(result, &count)
            return unsafe Self.results(topics, count, "creating topic")
        }
        let created = topics.filter { if case .success = results[$0.name] { true } else { false } }
        for name in try await waitUntilVisible(created, until: deadline) {
            results[name] = .failure(
                KafkaError(.timedOut, "topic \(name) was created but does not show in metadata yet", isRetriable: true))
        }
        return results
    }

    /// Deletes topics.
    /// - Returns: each topic's outcome; ``KafkaError/Code/unknownTopic`` among the errors.
    /// - Throws: ``KafkaError`` when the request as a whole failed.
    package func deleteTopics(
        _ names: [String], timeout: Duration
    ) async throws -> [String: Result<Void, KafkaError>] {
        guard !names.isEmpty else { return [:] }
        let what = names.count == 1 ? "deleting topic \(names[0])" : "deleting \(names.count) topics"
        return try await perform(what, RD_KAFKA_ADMIN_OP_DELETETOPICS, within: timeout) { client, options in
            var requests = unsafe names.map { unsafe rd_kafka_DeleteTopic_new($0) }
            defer { unsafe requests.forEach { unsafe rd_kafka_DeleteTopic_destroy($0) } }
            unsafe rd_kafka_DeleteTopics(client.handle, &requests, requests.count, options.pointer, client.queue)
        } parse: { event in
            var count = 0
            let result = unsafe rd_kafka_event_DeleteTopics_result(event.pointer)
            let topics = unsafe rd_kafka_DeleteTopics_result_topics(result, &count)
            return unsafe Self.results(topics, count, "deleting topic")
        }
    }

    /// Raises a topic's number of partitions and waits until metadata shows it.
    /// - Throws: ``KafkaError``: ``KafkaError/Code/unknownTopic``; ``KafkaError/Code/invalidArgument`` when the topic has
    ///   as many or more.
    package func createPartitions(topic name: String, total: Int32) async throws {
        let deadline = ContinuousClock().now + timeout
        let what = "raising topic \(name) to \(total) partitions"
        let results = try await perform(what, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, within: timeout) {
            (client, options) throws(KafkaError) in
            var text = [CChar](repeating: 0, count: 256)
            guard var request = unsafe rd_kafka_NewPartitions_new(name, Int(total), &text, text.count) as OpaquePointer?
            else { throw KafkaError(.invalidArgument, "\(what): \(Client.string(text))") }
            defer { unsafe rd_kafka_NewPartitions_destroy(request) }
            var optional: OpaquePointer? = unsafe request
            unsafe rd_kafka_CreatePartitions(client.handle, &optional, 1, options.pointer, client.queue)
            unsafe request = optional ?? request
        } parse: { event in
            var count = 0
            let result = unsafe rd_kafka_event_CreatePartitions_result(event.pointer)
            let topics = unsafe rd_kafka_CreatePartitions_result_topics(result, &count)
            return unsafe Self.results(topics, count, "raising the partitions of topic")
        }
        try results[name]?.get()
        _ = try await waitUntilVisible([NewTopic(name: name, partitions: total)], until: deadline)
    }

    /// Polls metadata until all topics are there; gives the names of those that are not at the deadline.
    private func waitUntilVisible(
        _ topics: [NewTopic], until deadline: ContinuousClock.Instant
    ) async throws -> [String] {
        var missing = topics
        var backoff = Backoff(base: .milliseconds(20), maximum: .milliseconds(500))
        while !missing.isEmpty {
            let rest = deadline - ContinuousClock().now
            guard rest > .zero else { break }
            do {
                let found = try await describeTopics(missing.map(\.name), timeout: rest)
                missing.removeAll { Self.isVisible($0, in: found[$0.name] ?? nil) }
            } catch let error as KafkaError where error.isRetriable {
                // The topics are made; their absence from metadata is what gets reported.
            }
            if !missing.isEmpty { try await Task.sleep(for: backoff.next()) }
        }
        return missing.map(\.name)
    }

    /// Whether `description` has all partitions of `topic` (its number may be the broker's default, -1), each with a
    /// leader.
    static func isVisible(_ topic: NewTopic, in description: TopicDescription?) -> Bool {
        guard let description else { return false }
        return description.partitions.count >= max(1, Int(topic.partitions))
            && description.partitions.allSatisfy { $0.leader >= 0 }
    }

    private static func request(for topic: NewTopic) throws(KafkaError) -> OpaquePointer? {
        var text = [CChar](repeating: 0, count: 256)
        guard
            let request = unsafe rd_kafka_NewTopic_new(
                topic.name, topic.partitions, topic.replicationFactor, &text, text.count)
        else { throw KafkaError(.invalidArgument, "creating topic \(topic.name): \(Client.string(text))") }
        for (name, value) in topic.config { unsafe _ = rd_kafka_NewTopic_set_config(request, name, value) }
        return unsafe request
    }

    /// Outcomes by topic.
    private static func results(
        _ topics: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ what: String
    ) -> [String: Result<Void, KafkaError>] {
        var results: [String: Result<Void, KafkaError>] = [:]
        for index in 0..<count {
            guard let topic = unsafe topics?[index], let name = unsafe rd_kafka_topic_result_name(topic) else {
                continue
            }
            let error = unsafe rd_kafka_topic_result_error(topic)
            let text = unsafe rd_kafka_topic_result_error_string(topic).map { unsafe String(cString: $0) }
            let topicName = unsafe String(cString: name)
            results[topicName] =
                error == RD_KAFKA_RESP_ERR_NO_ERROR
                ? .success(()) : .failure(KafkaError(error, "\(what) \(topicName)", text: text))
        }
        return results
    }
}
