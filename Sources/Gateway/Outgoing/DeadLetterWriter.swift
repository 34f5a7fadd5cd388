import FoundationEssentials
import JSON
import KafkaClient
import Observability
import PlatformAPI

/// Puts dead letters on their topic.
struct DeadLetterWriter: Sendable {
    /// Puts a record on a topic and returns when the broker has acknowledged it.
    typealias Produce = @Sendable (KafkaRecord) async throws -> Void

    /// Headers of a dead letter's record: where the record came from.
    enum Header {
        static let topic = "source-topic"
        static let partition = "source-partition"
        static let offset = "source-offset"
    }

    let metrics: GatewayMetrics
    let logger: Logger
    let produce: Produce

    /// Writes one, once.
    /// - Returns: `false` when the broker has not acknowledged it.
    func write(_ letter: DeadLetter, for item: OutgoingItem, to topic: String) async -> Bool {
        do {
            do {
                try await produce(record(letter, item, topic))
            } catch let error as KafkaError where error.code == .recordTooLarge {
                // The original, in base64, does not fit. The headers say where it stands.
                var letter = letter
                letter.record = Data()
                letter.description += "; the record is too large to be repeated here, see this letter's headers"
                try await produce(record(letter, item, topic))
            }
        } catch {
            logger.debug(
                "a dead letter was not acknowledged by the broker",
                ["bot_id": .string(letter.botID), "error": .string("\(error)")])
            return false
        }
        metrics.outgoing.increment(["dead_letter"])
        logger.warning(
            "an answer could not be delivered",
            [
                "bot_id": .string(letter.botID), "reason": .string(letter.reason),
                "method": .string(letter.method ?? ""), "request_id": .string(letter.requestID ?? ""),
                "error": .string(letter.description), "trace_id": .string(item.traceID ?? ""),
            ])
        return true
    }

    private func record(_ letter: DeadLetter, _ item: OutgoingItem, _ topic: String) throws -> KafkaRecord {
        var record = KafkaRecord(
            topic: topic, value: Array(try JSONEncoder().encode(letter)),
            headers: [
                (Header.topic, Array(item.partition.topic.utf8)),
                (Header.partition, Array("\(item.partition.partition)".utf8)),
                (Header.offset, Array("\(item.offset)".utf8)),
            ])
        if let traceparent = item.traceparent {
            record.headers.append((OutgoingEnvelope.Header.traceparent, Array(traceparent.utf8)))
        }
        return record
    }
}
