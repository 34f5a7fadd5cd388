import Concurrency
import FoundationEssentials
import KafkaClient
import Observability
import PlatformAPI

/// The way to Kafka of what a worker sends. It waits where waiting helps, so that a broker that is away costs time only.
final class Outbox: Sendable {
    private let producer: KafkaProducer
    private let topic: String
    private let logger: Logger
    private let onAnswer: @Sendable () -> Void

    init(producer: KafkaProducer, topic: String, logger: Logger, onAnswer: @escaping @Sendable () -> Void) {
        self.producer = producer
        self.topic = topic
        self.logger = logger
        self.onAnswer = onAnswer
    }

    /// Returns when the answer is durable.
    /// - Parameter traceparent: the trace of the update that it answers.
    func send(_ envelope: OutgoingEnvelope, key: String, traceparent: String?) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let value = Array(try encoder.encode(envelope))
        do {
            let headers = traceparent.map { [(OutgoingEnvelope.Header.traceparent, Array($0.utf8))] } ?? []
            let record = KafkaRecord(topic: topic, key: Array(key.utf8), value: value, headers: headers)
            try await deliver(record) { $0.isHopeless }
        } catch let error as KafkaError {
            let code: WorkerError.Code = error.code == .closed ? .ended : .answerRefused
            throw WorkerError(code, "the call of \(envelope.method) was not sent", cause: error)
        }
        onAnswer()
    }

    /// Returns when the dead letter is durable. A missing topic is not waited for: that would stop the bot.
    func bury(_ letter: DeadLetter, key: [UInt8]?, in topic: String) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let record = KafkaRecord(topic: topic, key: key, value: Array(try encoder.encode(letter)))
        try await deliver(record) { !$0.isRetriable }
    }

    private func deliver(_ record: KafkaRecord, _ isHopeless: (KafkaError) -> Bool) async throws {
        var backoff = Backoff(base: .milliseconds(100), maximum: .seconds(10))
        while true {
            do {
                _ = try await producer.send(record)
                return
            } catch let error as KafkaError {
                if isHopeless(error) { throw error }
                logger.warning("waiting for Kafka to take a record", ["error": .string("\(error)")])
            }
            try await Task.sleep(for: backoff.next())
        }
    }
}

extension KafkaError {
    /// Whether the same record would never be taken. Missing topics and rights are waited for: an answer is not given up
    /// because of a mistake that a person can repair.
    var isHopeless: Bool {
        switch code {
        case .recordTooLarge, .invalidArgument, .unsupported, .closed: true
        default: false
        }
    }
}
