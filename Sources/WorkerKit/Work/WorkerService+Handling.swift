import Concurrency
import FoundationEssentials
import KafkaClient
import Observability
import PlatformAPI

extension WorkerService {
    /// One of the tasks that handle jobs, until the worker stops.
    func handleJobs(_ consumer: KafkaConsumer, _ outbox: Outbox) async {
        while let job = await queue.next() {
            let isDone = await handle(job.record, outbox)
            queue.finish(job, isDone: isDone)
            await commitFinished(consumer)
        }
    }

    /// - Returns: whether the record needs no more attention; `false` when the worker's end broke it off.
    private func handle(_ record: KafkaMessage, _ outbox: Outbox) async -> Bool {
        // A tombstone says nothing.
        guard let value = record.value else { return true }
        let update: Update
        do {
            update = try Update(
                envelope: value, expiresAt: Self.expiry(record),
                traceparent: Self.header(IncomingEnvelope.Header.traceparent, of: record))
        } catch {
            count { $0.malformed += 1 }
            logger.warning(
                "a record holds no update", Self.fields(record).merging(["error": .string("\(error)")]) { $1 })
            return await bury(record, value, reason: "malformed", error, attempts: 1, outbox)
        }
        var backoff = Backoff(base: configuration.retryDelay, maximum: max(configuration.retryDelay, .seconds(30)))
        var attempt = 0
        while true {
            attempt += 1
            guard configuration.handlesExpired || !update.isExpired else {
                count { $0.expired += 1 }
                logger.debug(
                    "a query is too old to be answered",
                    Self.fields(record).merging(["update_id": .int(Int(update.id))]) { $1 })
                return true
            }
            do {
                try await call(update, outbox)
                count { $0.handled += 1 }
                return true
            } catch {
                if Task.isCancelled { return false }
                count { $0.failedAttempts += 1 }
                logger.warning(
                    "the handler failed",
                    Self.fields(record).merging([
                        "update_id": .int(Int(update.id)), "attempt": .int(attempt),
                        "error": .string(Self.name(of: error)),
                    ]) { $1 })
                guard attempt < configuration.attempts, Self.isWorthRepeating(error) else {
                    count { $0.givenUp += 1 }
                    return await bury(record, value, reason: "handler_failed", error, attempts: attempt, outbox)
                }
                guard await pauses.sleep(for: backoff.next()) else { return false }
            }
        }
    }

    private func call(_ update: Update, _ outbox: Outbox) async throws {
        // A new one for each attempt, so that the numbers of its calls begin anew.
        let bot = Bot(configuration, outbox: outbox, update: update)
        guard let limit = configuration.handlerTimeout else { return try await handler(update, bot) }
        let handler = handler
        try await withTimeout(limit, "the handler of update \(update.id)") { try await handler(update, bot) }
    }

    /// Puts a record on the bot's dead-letter topic. When even that cannot be done the record is lost but for the log.
    private func bury(
        _ record: KafkaMessage, _ value: [UInt8], reason: String, _ error: any Error, attempts: Int, _ outbox: Outbox
    ) async -> Bool {
        guard let topic = configuration.deadLetterTopic, let botID = BotID(configuration.botID) else { return true }
        let letter = DeadLetter(
            direction: "incoming", botID: botID, reason: reason, description: Redaction.mask("\(error)"),
            attempts: attempts, failedAt: Date().formatted(.iso8601), record: Data(value))
        do {
            try await outbox.bury(letter, key: record.key, in: topic)
            return true
        } catch {
            if Task.isCancelled { return false }
            logger.error("a dead letter is lost", Self.fields(record).merging(["error": .string("\(error)")]) { $1 })
            return true
        }
    }

    /// From the record's header: milliseconds since 1970.
    private static func expiry(_ record: KafkaMessage) -> Date? {
        header(IncomingEnvelope.Header.expiresAt, of: record).flatMap { Double($0) }
            .map { Date(timeIntervalSince1970: $0 / 1000) }
    }

    private static func header(_ name: String, of record: KafkaMessage) -> String? {
        record.headers.last { $0.0 == name }.map { String(decoding: $0.1, as: UTF8.self) }
    }

    private static func isWorthRepeating(_ error: any Error) -> Bool {
        (error as? WorkerError)?.isRetriable ?? true
    }

    /// An error for the log: its text only when it is known to hold nothing that a person wrote.
    private static func name(of error: any Error) -> String {
        switch error {
        case let error as WorkerError: "WorkerError: \(error.message)"
        case let error as TimeoutError: "\(error)"
        default: "\(type(of: error))"
        }
    }

    private static func fields(_ record: KafkaMessage) -> [String: LogValue] {
        ["partition": .int(Int(record.partition)), "offset": .int(Int(record.offset))]
    }
}
