import CRdKafka
import Concurrency

extension KafkaAdmin {
    /// Above this many topics one question for all of them is cheaper than one each.
    private static let mostSingleQuestions = 16

    /// The topics' partitions; `nil` for a topic that is not there. Never creates one.
    /// - Throws: ``KafkaError`` when brokers cannot be reached, or refuse.
    package func describeTopics(
        _ names: [String], timeout: Duration
    ) async throws -> [String: TopicDescription?] {
        let deadline = ContinuousClock().now + timeout
        var found: [String: TopicDescription] = [:]
        if names.count > Self.mostSingleQuestions {
            found = try await metadata(of: .allTopics, within: timeout, "describing \(names.count) topics").topics
        } else {
            for name in names {
                let rest = deadline - ContinuousClock().now
                let answer = try await metadata(of: .topic(name), within: rest, "describing topic \(name)")
                found.merge(answer.topics) { $1 }
            }
        }
        return Dictionary(names.map { ($0, found[$0]) }) { first, _ in first }
    }

    /// One metadata question, on a thread that may block.
    func metadata(
        of scope: ClusterMetadata.Scope, within timeout: Duration, _ what: String
    ) async throws -> ClusterMetadata {
        let deadline = ContinuousClock().now + timeout
        try checkOpen(what)
        return try await calls.run { [main = client, topics] () throws(KafkaError) in
            // The call may have waited for a thread.
            let rest = deadline - ContinuousClock().now
            guard rest > .zero else {
                throw main.monitor.explained(KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, what))
            }
            var client = main
            var topic: OpaquePointer?
            if case .topic(let name) = scope {
                client = try topics.next(what)
                unsafe topic = rd_kafka_topic_new(client.handle, name, nil)
                guard unsafe topic != nil else {
                    throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, what, text: "not a possible topic name")
                }
            }
            defer {
                if let topic = unsafe topic { unsafe rd_kafka_topic_destroy(topic) }
                // Its instance may have been renewed meanwhile, and we be the last who has it.
                withExtendedLifetime(client) {}
            }
            var all: Int32 = 0
            if case .allTopics = scope { all = 1 }
            var answer: UnsafePointer<rd_kafka_metadata>?
            let error = unsafe rd_kafka_metadata(
                client.handle, all, topic, &answer, Int32(clamping: rest.milliseconds + 1))
            guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let answer = unsafe answer else {
                throw client.monitor.explained(KafkaError(error, what))
            }
            defer { unsafe rd_kafka_metadata_destroy(answer) }
            client.monitor.succeeded()
            return try unsafe ClusterMetadata(answer.pointee)
        }
    }
}
