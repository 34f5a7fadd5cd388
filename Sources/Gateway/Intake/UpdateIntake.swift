import Concurrency
package import KafkaClient
package import Observability
package import PlatformAPI
import TelegramBotAPI
package import Tracing

/// The way of every update from Telegram to its bot's topic, whether it came by webhook or was asked for.
package struct UpdateIntake: Sendable {
    /// Puts a record on its topic and returns when the broker has acknowledged it.
    package typealias Produce = @Sendable (KafkaRecord) async throws -> Void
    /// Sends a record on its way to its topic without waiting; throws when there is no room for it. Calls `ended` once when it
    /// did not throw: without an error when the broker has acknowledged the record.
    package typealias Enqueue =
        @Sendable (KafkaRecord, _ ended: @escaping @Sendable ((any Error)?) -> Void) throws -> Void

    /// Takes an update that is not for the worker, and says what became of it; `nil`: it is for the worker.
    package typealias Divert = @Sendable (IncomingUpdate) async -> IntakeResult?

    private let duplicates: DuplicateFilter
    private let metrics: GatewayMetrics
    private let divert: Divert
    private let logger: Logger
    private let enqueue: Enqueue
    private let mayDivert: @Sendable (Binding) -> Bool
    private let wake: @Sendable (BotID) -> Void
    private let tracer: Tracer
    private let lossLog = LogThrottle()
    private let sightings = Locked(FirstSightings())

    /// - Parameters:
    ///   - duplicates: what is safe already is not passed on again.
    ///   - divert: is asked of each update that is no duplicate, of the bots that `mayDivert` says.
    ///   - wake: called with each bot that has got an update; must not hold up.
    ///   - tracer: makes a span of each record's way to the broker.
    package init(
        duplicates: DuplicateFilter, metrics: GatewayMetrics, logger: Logger, enqueue: @escaping Enqueue,
        mayDivert: @escaping @Sendable (Binding) -> Bool = { _ in false }, divert: @escaping Divert = { _ in nil },
        wake: @escaping @Sendable (BotID) -> Void = { _ in }, tracer: Tracer = .off
    ) {
        self.duplicates = duplicates
        self.metrics = metrics
        self.divert = divert
        self.logger = logger
        self.enqueue = enqueue
        self.mayDivert = mayDivert
        self.wake = wake
        self.tracer = tracer
    }

    /// Returns when the update is safe, or cannot be made so; with ``Acknowledgement/always`` when it is on its way.
    package func take(_ update: IncomingUpdate) async -> IntakeResult {
        await withCheckedContinuation { continuation in take(update) { continuation.resume(returning: $0) } }
    }

    /// As ``take(_:)``, without a task where nobody need be asked but the broker: `done` is called once, at once or on the
    /// producer's own thread, where it must not block.
    package func take(_ update: IncomingUpdate, _ done: @escaping @Sendable (IntakeResult) -> Void) {
        let (bot, id) = (update.binding.botID, update.fields.updateID)
        switch duplicates.began(bot, id) {
        case .new: break
        case .duplicate: return done(.duplicate)
        case .underWay: return done(.unavailable)
        }
        guard duplicates.isShared || mayDivert(update.binding) else { return publish(update, done) }
        Task {
            if await duplicates.isKnownToOthers(bot, id) { return done(.duplicate) }
            if let diverted = await divert(update) {
                ended(update, isSafe: diverted == .accepted)
                if diverted == .accepted { metrics.bots.tookUpdate(of: bot) }
                return done(diverted)
            }
            publish(update, done)
        }
    }

    /// Sends an update on its way to the worker. One that is acknowledged at once is a duplicate only once it is safe: until then
    /// one that is sent again is refused.
    private func publish(_ update: IncomingUpdate, _ done: @escaping @Sendable (IntakeResult) -> Void) {
        let bot = update.binding.botID
        let span = tracer.start("publish", .producer, parent: update.traceparent)
        let record = Self.record(update, traceparent: span?.context.traceparent, expiresAt: expiry(of: update))
        let isAcknowledged = update.binding.acknowledge == .always
        do {
            try enqueue(record) { error in
                end(span, update, isError: error != nil)
                ended(update, isSafe: error == nil)
                switch (error, isAcknowledged) {
                case (nil, true): wake(bot)
                case (nil, false):
                    metrics.bots.tookUpdate(of: bot)
                    wake(bot)
                    done(.accepted)
                case (let error?, true): noteLoss(of: bot, error)
                case (let error?, false): done(refusal(of: update, error))
                }
            }
        } catch {
            end(span, update, isError: true)
            ended(update, isSafe: false)
            return done(refusal(of: update, error))
        }
        guard isAcknowledged else { return }
        metrics.bots.tookUpdate(of: bot)
        done(.accepted)
    }

    private func end(_ span: Span?, _ update: IncomingUpdate, isError: Bool) {
        tracer.end(
            span, isError: isError,
            [
                ("messaging.system", "kafka"), ("messaging.destination.name", .string(update.binding.incomingTopic)),
                ("telegram.bot_id", .string("\(update.binding.botID)")),
                ("telegram.update_id", .int(update.fields.updateID)),
            ])
    }

    private func ended(_ update: IncomingUpdate, isSafe: Bool) {
        let (bot, id) = (update.binding.botID, update.fields.updateID)
        duplicates.ended(bot, id, isSafe: isSafe)
        guard update.fields.kind.timeToAnswer != nil else { return }
        sightings.withLock { sightings in
            if isSafe {
                sightings.taken(id, of: bot)
            } else {
                sightings.refused(id, of: bot, at: update.receivedAt)
            }
        }
    }

    /// Milliseconds since 1970 from when on there is no use in an answer; `nil`: there always is. A query does not say when it
    /// was made: it counts from when it was first seen here.
    private func expiry(of update: IncomingUpdate) -> Int64? {
        guard let time = update.fields.kind.timeToAnswer else { return nil }
        let before = sightings.withLock { $0.time(of: update.fields.updateID, of: update.binding.botID) }
        return (before ?? update.receivedAt) + Int64(time.milliseconds)
    }

    private func noteLoss(of bot: BotID, _ error: any Error) {
        metrics.lostUpdates.increment()
        guard let count = lossLog.due() else { return }
        logger.warning(
            "updates that had been acknowledged at once did not get to Kafka and are lost",
            ["bot_id": .string("\(bot)"), "updates": .int(count), "error": .string("\(error)")])
    }

    private func refusal(of update: IncomingUpdate, _ error: any Error) -> IntakeResult {
        let bot = LogValue.string("\(update.binding.botID)")
        if (error as? KafkaError)?.code == .recordTooLarge {
            logger.warning(
                "an update is larger than the broker takes: raise max.message.bytes of its topic",
                ["bot_id": bot, "bytes": .int(update.body.count)])
            return .tooLarge
        }
        logger.debug(
            "update was not acknowledged by the broker",
            ["bot_id": bot, "update_id": .int(Int(update.fields.updateID)), "error": .string("\(error)")])
        return .unavailable
    }

    /// The record for an update: keyed so that a chat's updates stay in order, the update byte for byte.
    static func record(
        _ update: IncomingUpdate, traceparent: String? = nil, expiresAt: Int64? = nil
    ) -> KafkaRecord {
        var record = KafkaRecord(
            topic: update.binding.incomingTopic, key: Array("\(update.fields.queueKey)".utf8),
            value: IncomingEnvelope.encode(botID: update.binding.botID, update: update.body),
            headers: [
                (IncomingEnvelope.Header.updateID, Array("\(update.fields.updateID)".utf8)),
                (IncomingEnvelope.Header.receivedAt, Array("\(update.receivedAt)".utf8)),
                (IncomingEnvelope.Header.traceparent, Array((traceparent ?? update.traceparent).utf8)),
            ])
        if let expiresAt { record.headers.append((IncomingEnvelope.Header.expiresAt, Array("\(expiresAt)".utf8))) }
        return record
    }
}
