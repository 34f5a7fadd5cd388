import CRdKafka
import Concurrency
import Observability

/// The librdkafka instance through which topics are asked about one by one, renewed after so many questions.
///
/// librdkafka (2.0) keeps each topic that it was asked about by name until the instance ends: measured 7 kB for one with
/// three partitions, in a list that is searched from its start, and all of them are asked for again every few minutes. An
/// operator asks about three topics for each bot.
final class TopicClient: Sendable {
    private struct State {
        var client: Client?
        /// Ends the thread of `client`.
        var serving: AdminState?
        var questions = 0
        var isClosed = false
    }

    private let configuration: KafkaConfiguration
    private let logger: Logger
    private let limit: Int
    private let state = Locked(State())

    /// - Parameter limit: questions after which the instance is renewed. A new one takes some 10 ms until it is connected.
    init(_ configuration: KafkaConfiguration, logger: Logger, limit: Int = 500) {
        self.configuration = configuration
        self.logger = logger
        self.limit = limit
    }

    deinit { close() }

    /// The instance for one question. It lives as long as somebody has it.
    func next(_ what: String) throws(KafkaError) -> Client {
        try state.withLock { state throws(KafkaError) in
            if state.isClosed { throw KafkaError(.closed, "\(what): the Kafka client is closed") }
            state.questions += 1
            if let client = state.client, state.questions <= limit { return client }
            let client = try Client(.producer, configuration, own: [], logger: logger)
            let serving = AdminState()
            Self.end(&state)
            state.client = client
            state.serving = serving
            state.questions = 1
            OwnThread.start("kafka-topics") {
                while !serving.isClosed { _ = client.serveEvent(within: .seconds(1)) }
            }
            return client
        }
    }

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
