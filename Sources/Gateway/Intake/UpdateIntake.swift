package import KafkaClient
package import Observability
package import PlatformAPI
import TelegramBotAPI

/// The way of every update from Telegram to its bot's topic, whether it came by webhook or was asked for.
package struct UpdateIntake: Sendable {
    /// Puts a record on its topic and returns when the broker has acknowledged it.
    package typealias Produce = @Sendable (KafkaRecord) async throws -> Void

    private let duplicates: DuplicateFilter
    private let logger: Logger
    private let produce: Produce
    private let wake: @Sendable (BotID) -> Void

    /// - Parameters:
    ///   - duplicates: what is safe already is not passed on again.
    ///   - wake: called with each bot that has got an update; must not hold up.
    package init(
        duplicates: DuplicateFilter, logger: Logger, produce: @escaping Produce,
        wake: @escaping @Sendable (BotID) -> Void = { _ in }
    ) {
        self.duplicates = duplicates
        self.logger = logger
        self.produce = produce
        self.wake = wake
    }

    /// Returns when the update is safe, or cannot be made so.
    package func take(_ update: IncomingUpdate) async -> IntakeResult {
        let (bot, id) = (update.binding.botID, update.fields.updateID)
        switch await duplicates.began(bot, id) {
        case .new: break
        case .duplicate: return .duplicate
        case .underWay: return .unavailable
        }
        let result = await pass(update)
        duplicates.ended(bot, id, isSafe: result == .accepted)
        return result
    }

    private func pass(_ update: IncomingUpdate) async -> IntakeResult {
        let bot = LogValue.string("\(update.binding.botID)")
        do {
            try await produce(Self.record(update))
            wake(update.binding.botID)
            return .accepted
        } catch let error as KafkaError where error.code == .recordTooLarge {
            logger.warning(
                "an update is larger than the broker takes: raise max.message.bytes of its topic",
                ["bot_id": bot, "bytes": .int(update.body.count)])
            return .tooLarge
        } catch {
            logger.debug(
                "update was not acknowledged by the broker",
                ["bot_id": bot, "update_id": .int(Int(update.fields.updateID)), "error": .string("\(error)")])
            return .unavailable
        }
    }

    /// The record for an update: keyed so that a chat's updates stay in order, the update byte for byte.
    static func record(_ update: IncomingUpdate) -> KafkaRecord {
        KafkaRecord(
            topic: update.binding.incomingTopic, key: Array("\(update.fields.queueKey)".utf8),
            value: IncomingEnvelope.encode(botID: update.binding.botID, update: update.body),
            headers: [
                (IncomingEnvelope.Header.updateID, Array("\(update.fields.updateID)".utf8)),
                (IncomingEnvelope.Header.receivedAt, Array("\(update.receivedAt)".utf8)),
                (IncomingEnvelope.Header.traceparent, Array(update.traceparent.utf8)),
            ])
    }
}
