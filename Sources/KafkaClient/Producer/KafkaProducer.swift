import CRdKafka
import Concurrency
package import Observability
import Synchronization

/// Produces records with acks=all and idempotence: a record that is acknowledged is durable and there once, and records
/// of one partition keep the order of their sends.
///
/// When librdkafka cannot keep that promise any more (a fatal error: the topic was made anew, the broker forgot the
/// producer), what is on its way fails as ``KafkaError/Code/interrupted`` and a new instance takes the records that follow.
///
/// Close it. One that is forgotten closes itself when it is released: it goes on delivering for up to five seconds in the
/// background, then gives up what is left.
package final class KafkaProducer: Sendable {
    package typealias Settings = ProducerSettings

    private let core: ProducerCore
    private let calls = BlockingCalls(name: "kafka-flush", limit: 1)

    /// - Parameters:
    ///   - metrics: counts `kafka_producer_records_total{result}` when given.
    ///   - onStatistics: called every `statistics.interval.ms` (a property to set) on the producer's own thread.
    /// - Throws: ``KafkaError`` for settings that librdkafka refuses. That brokers cannot be reached shows later.
    package init(
        _ configuration: KafkaConfiguration, settings: Settings = Settings(), logger: Logger,
        metrics: MetricsRegistry? = nil, onStatistics: (@Sendable (KafkaStatistics) -> Void)? = nil
    ) throws(KafkaError) {
        core = ProducerCore(configuration, settings, logger: logger, metrics: metrics, onStatistics: onStatistics)
        try core.start()
    }

    deinit { core.close(within: .seconds(5)) }

    /// Sends a record and waits for the broker's acknowledgement. Cancelling the task does not take the record back.
    /// - Throws: ``KafkaError``; ``KafkaError/Code/queueFull`` at once, the rest within the delivery time-out.
    package func send(_ record: KafkaRecord) async throws -> KafkaDelivery {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<KafkaDelivery, any Error>) in
            do throws(KafkaError) {
                try core.send(record) { continuation.resume(with: $0.mapError { $0 }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Sends a record without suspending.
    /// - Parameter completion: called once: on the producer's own thread, where it must not block; or at once on the
    ///   caller's when the record was not taken (``KafkaError/Code/queueFull``).
    package func send(
        _ record: KafkaRecord, completion: @escaping @Sendable (Result<KafkaDelivery, KafkaError>) -> Void
    ) {
        do throws(KafkaError) {
            try core.send(record, completion)
        } catch {
            completion(.failure(error))
        }
    }

    /// Takes a record without waiting, or throws because it cannot.
    /// - Parameter completion: called once when the record was taken, on the producer's own thread, where it must not block.
    /// - Throws: ``KafkaError``; ``KafkaError/Code/queueFull`` when too much waits.
    package func enqueue(
        _ record: KafkaRecord, completion: @escaping @Sendable (Result<KafkaDelivery, KafkaError>) -> Void
    ) throws(KafkaError) {
        try core.send(record, completion)
    }

    /// Records that wait for their acknowledgement.
    package var outstanding: Int { core.outstanding.load(ordering: .relaxed) }

    /// The last trouble with brokers since the last acknowledgement.
    package var lastError: KafkaError? { core.instance?.client.monitor.lastError }

    /// Waits until everything sent so far is acknowledged or has failed; `false` when that took longer.
    package func flush(timeout: Duration) async -> Bool {
        guard let client = core.instance?.client else { return outstanding == 0 }
        do {
            return try await calls.run { () throws(KafkaError) -> Bool in
                unsafe rd_kafka_flush(client.handle, Int32(clamping: timeout.milliseconds))
                    == RD_KAFKA_RESP_ERR_NO_ERROR
            }
        } catch {
            return false
        }
    }

    /// Takes nothing more, delivers what is on its way within `timeout`, gives up the rest.
    package func close(timeout: Duration = .seconds(10)) async {
        core.close(within: timeout)
        await core.waitUntilEnded()
    }

    /// Makes the present instance believe in a fatal error, for tests.
    func provokeFatalError() {
        guard let client = core.instance?.client else { return }
        withExtendedLifetime(client) {
            let error = RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER
            unsafe _ = rd_kafka_test_fatal_error(client.handle, error, "a test")
        }
    }
}
