import KafkaClient
import Observability
import PlatformAPI

/// Puts results of calls that asked for them on their topic.
struct ResultWriter: Sendable {
    let metrics: GatewayMetrics
    let logger: Logger
    let produce: DeadLetterWriter.Produce
    private let throttle = LogThrottle(interval: .seconds(60))

    init(metrics: GatewayMetrics, logger: Logger, produce: @escaping DeadLetterWriter.Produce) {
        self.metrics = metrics
        self.logger = logger
        self.produce = produce
    }

    /// Writes one, once. A topic that is not there is not waited for: the call has been made, and others wait behind it.
    /// - Returns: `false` when the broker has not acknowledged it.
    func write(_ result: CallResult, for item: OutgoingItem, _ binding: Binding) async -> Bool {
        guard let topic = binding.resultsTopic else {
            noteMissingTopic(binding)
            return true
        }
        do {
            do {
                try await produce(record(result, item, topic))
            } catch let error as KafkaError where error.code == .recordTooLarge {
                var result = result
                guard case .done = result.outcome else { throw error }
                result.outcome = .done(result: nil)
                try await produce(record(result, item, topic))
            }
        } catch let error as KafkaError where error.code == .unknownTopic {
            noteMissingTopic(binding)
            return true
        } catch {
            logger.debug(
                "a result was not acknowledged by the broker",
                ["bot_id": .string("\(binding.botID)"), "error": .string("\(error)")])
            return false
        }
        metrics.results.increment(["written"])
        return true
    }

    private func noteMissingTopic(_ binding: Binding) {
        metrics.results.increment(["no_topic"])
        guard let count = throttle.due() else { return }
        logger.warning(
            "calls ask for their results, but their bot has no topic for them: set spec.kafka.results",
            ["bot_id": .string("\(binding.botID)"), "calls": .int(count)])
    }

    private func record(_ result: CallResult, _ item: OutgoingItem, _ topic: String) -> KafkaRecord {
        var record = KafkaRecord(
            topic: topic, key: result.requestID.map { Array($0.utf8) }, value: result.encode())
        if let traceparent = item.traceparent {
            record.headers.append((OutgoingEnvelope.Header.traceparent, Array(traceparent.utf8)))
        }
        return record
    }
}
