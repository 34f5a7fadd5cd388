/// What went wrong with Kafka: our own code for decisions, librdkafka's code and text for people.
package struct KafkaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The classes of failures that callers tell apart.
    package enum Code: String, Sendable {
        case unknownTopic, topicExists
        case unknownGroup
        /// The group has members, or is in the middle of a rebalance.
        case groupBusy
        case timedOut
        /// No broker could be reached: the message says what was tried.
        case brokerUnavailable
        /// The broker refused the credentials, or the TLS handshake failed.
        case authentication
        /// The broker knows us and refuses the operation.
        case authorization
        /// This client cannot go on; make a new one.
        case fatal
        /// The producer's buffer is full: slow down, then repeat.
        case queueFull
        case recordTooLarge
        case invalidArgument
        /// The library or the broker cannot do this.
        case unsupported
        /// What was on its way was given up (the producer had to be renewed); whether it arrived is not known.
        case interrupted
        /// The client was closed.
        case closed
        case other
    }

    /// For decisions.
    package let code: Code
    /// librdkafka's `rd_kafka_resp_err_t`: negative ones are its own, positive ones the broker's, 0 when neither spoke.
    package let kafkaCode: Int32
    /// What failed, with the thing's name and, where there is one, the next step. Holds no secrets.
    package let message: String
    /// Doing the same again later may succeed.
    package let isRetriable: Bool
    /// The client that threw this is of no further use.
    package let isFatal: Bool

    package init(
        _ code: Code, kafkaCode: Int32 = 0, _ message: String, isRetriable: Bool = false, isFatal: Bool = false
    ) {
        self.code = code
        self.kafkaCode = kafkaCode
        self.message = message
        self.isRetriable = isRetriable
        self.isFatal = isFatal
    }

    package var description: String { "\(message) (\(code.rawValue))" }
}
