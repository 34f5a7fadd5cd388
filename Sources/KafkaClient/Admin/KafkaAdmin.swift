import CRdKafka
import Concurrency
package import Observability

/// Topics, their settings, and the offsets of groups.
///
/// Answers of brokers arrive on one thread of its own; what librdkafka has only as blocking calls (metadata, log offsets)
/// runs on up to 64 more, which end when there is nothing to do: a topic whose leader is away holds one up to the deadline,
/// and must not hold up questions about other topics. Every operation has a deadline.
///
/// Close it; one that is forgotten closes itself when it is released.
package final class KafkaAdmin: Sendable {
    let client: Client
    /// For questions about single topics.
    let topics: TopicClient
    /// For what coordinators of groups answer.
    let groups: GroupClient
    let calls = BlockingCalls(name: "kafka-admin-call", limit: 64)
    /// How long an operation may take whose signature has no time-out.
    let timeout: Duration
    private let state: AdminState

    /// - Parameter timeout: for operations whose signature has none.
    /// - Throws: ``KafkaError`` for settings that librdkafka refuses. That brokers cannot be reached shows later.
    package init(
        _ configuration: KafkaConfiguration, timeout: Duration = .seconds(15), logger: Logger
    ) throws(KafkaError) {
        client = try Client(.producer, configuration, own: [], logger: logger)
        topics = TopicClient(configuration, logger: logger)
        groups = GroupClient(configuration, logger: logger)
        self.timeout = timeout
        state = AdminState()
        // The thread must not keep `self`, or it would never be released.
        OwnThread.start("kafka-admin") { [client, state] in
            while !state.isClosed { _ = client.serveEvent(within: .seconds(1)) }
            client.closeAnswers()
        }
    }

    deinit { end() }

    /// The last trouble with brokers since the last success.
    package var lastError: KafkaError? { client.monitor.lastError }

    /// Fails what is under way and takes nothing more.
    package func close() async { end() }

    private func end() {
        state.close()
        client.closeAnswers()
        client.wake()
        topics.close()
        groups.close()
    }

    /// Throws once ``close()`` was called.
    func checkOpen(_ what: String) throws(KafkaError) {
        if state.isClosed { throw KafkaError(.closed, "\(what): the Kafka client is closed") }
    }

    /// The number of brokers in the cluster, as one of them tells it; a ping.
    package func brokers(timeout: Duration) async throws -> Int {
        try await metadata(of: .nothing, within: timeout, "asking for the brokers").brokers
    }
}
