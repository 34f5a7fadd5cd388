import FoundationEssentials
import KafkaClient
import Observability
import PlatformAPI
import TelegramBotAPI

/// Puts calls on a bot's outgoing topic, where they have the order, limits and retries of workers' answers.
struct RouteAnswers: Sendable {
    private let logger: Logger
    private let produce: UpdateIntake.Produce

    init(logger: Logger, produce: @escaping UpdateIntake.Produce) {
        self.logger = logger
        self.produce = produce
    }

    /// Whether the broker has all of them.
    func send(_ calls: [OutgoingEnvelope], for update: IncomingUpdate) async -> Bool {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            for call in calls {
                try await produce(
                    KafkaRecord(
                        topic: update.binding.outgoingTopic, key: Array("\(update.fields.queueKey)".utf8),
                        value: Array(try encoder.encode(call)),
                        headers: [(IncomingEnvelope.Header.traceparent, Array(update.traceparent.utf8))]))
            }
            return true
        } catch {
            logger.debug(
                "an answer was not acknowledged by the broker",
                [
                    "bot_id": .string("\(update.binding.botID)"), "update_id": .int(Int(update.fields.updateID)),
                    "error": .string("\(error)"),
                ])
            return false
        }
    }
}
