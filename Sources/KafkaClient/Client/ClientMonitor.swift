import Concurrency
import Observability

/// What a client says about itself: its log lines, and the last trouble with brokers, so that a mere time-out can be told
/// with its reason.
final class ClientMonitor: Sendable {
    private let logger: Logger
    private let trouble = Locked<KafkaError?>(nil)

    init(logger: Logger) { self.logger = logger }

    /// The last trouble since the last success.
    var lastError: KafkaError? { trouble.withLock { $0 } }

    /// A broker did what it was asked to.
    func succeeded() {
        trouble.withLock { $0 = nil }
    }

    /// librdkafka reported an error that belongs to no call.
    func report(_ error: KafkaError) {
        trouble.withLock { known in
            // "All brokers are down" follows the reason why they are, and says less.
            let isSummary = error.kafkaCode == Self.allBrokersDown && known != nil
            let hidesRefusal = known?.code == .authentication && error.code == .brokerUnavailable
            if !isSummary && !hidesRefusal { known = error }
        }
        logger.debug("Kafka client error", ["error": .string(error.description)])
    }

    /// A line of librdkafka's log.
    /// - Parameter level: syslog's: 3 is an error, 7 debug.
    func log(level: Int32, facility: String, text: String) {
        if level <= 3 {
            logger.info("librdkafka: \(text)", ["facility": .string(facility)])
        } else {
            logger.debug("librdkafka: \(text)", ["facility": .string(facility)])
        }
    }

    /// `error`, and when it is a time-out or a lost connection, with the trouble that explains it.
    func explained(_ error: KafkaError) -> KafkaError {
        guard error.code == .timedOut || error.code == .brokerUnavailable, let trouble = lastError,
            trouble.code == .brokerUnavailable || trouble.code == .authentication
        else { return error }
        return KafkaError(
            trouble.code, kafkaCode: error.kafkaCode, "\(error.message); \(trouble.message)",
            isRetriable: trouble.code == .brokerUnavailable)
    }

    /// `RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN`.
    private static let allBrokersDown: Int32 = -187
}
