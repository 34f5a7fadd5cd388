import CRdKafka
import Concurrency
import Observability

/// The librdkafka instance through which the coordinators of groups are asked, renewed after a question without an answer.
///
/// librdkafka ends the whole program when a question to a coordinator that could not be reached has timed out and the
/// coordinator comes back (an assertion in `rd_kafka_enq_once_del_source_return`; its issue 4605, open in July 2026). So
/// librdkafka is given an hour for each question here, whoever waits gives up earlier, and the instance is ended together
/// with what was not answered, which librdkafka does well.
final class GroupClient: Sendable {
    private struct State {
        var client: Client?
        /// Ends the thread of `client`.
        var serving: AdminState?
        var isClosed = false
    }

    private let configuration: KafkaConfiguration
    private let logger: Logger
    private let state = Locked(State())

    /// What librdkafka is told as the time-out of a question: its longest.
    static let patience = Duration.seconds(3600)

    init(_ configuration: KafkaConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    deinit { close() }

    /// The present instance. It lives as long as somebody has it.
    func current(_ what: String) throws(KafkaError) -> Client {
        try state.withLock { state throws(KafkaError) in
            if state.isClosed { throw KafkaError(.closed, "\(what): the Kafka client is closed") }
            if let client = state.client { return client }
            let client = try Client(.producer, configuration, own: [], logger: logger)
            let serving = AdminState()
            state.client = client
            state.serving = serving
            OwnThread.start("kafka-groups") {
                while !serving.isClosed { _ = client.serveEvent(within: .seconds(1)) }
                client.closeAnswers()
            }
            return client
        }
    }

    /// Ends an instance that has not answered. Other questions that wait for it fail with ``KafkaError/Code/closed``.
    func renew(_ client: Client) {
        state.withLock { state in
            if state.client === client { Self.end(&state) }
        }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Gives no instance any more.
    func close() {
        state.withLock { state in
            state.isClosed = true
            Self.end(&state)
        }
    }

    private static func end(_ state: inout State) {
        state.serving?.close()
        state.client?.wake()
        state.client = nil
        state.serving = nil
    }
}
