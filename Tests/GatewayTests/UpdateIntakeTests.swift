import Concurrency
import KafkaClient
import Observability
import PlatformAPI
import TelegramBotAPI
import Testing

@testable import Gateway

@Suite struct UpdateIntakeTests {
    private let metrics = GatewayMetrics(MetricsRegistry())
    private let waiting = Locked<[@Sendable ((any Error)?) -> Void]>([])
    private let woken = Locked<[BotID]>([])
    private let lines = Locked<[String]>([])

    private func intake(refusing error: KafkaError? = nil, _ duplicates: DuplicateFilter) -> UpdateIntake {
        UpdateIntake(
            duplicates: duplicates, metrics: metrics,
            logger: Logger(label: "test", sink: { [lines] line in lines.withLock { $0.append(line) } }),
            enqueue: { [waiting] _, ended in
                if let error { throw error }
                waiting.withLock { $0.append(ended) }
            }, wake: { [woken] bot in woken.withLock { $0.append(bot) } })
    }

    /// Ends what is on its way. What is kept longer would keep its intake, and that all of this.
    private func end(_ error: KafkaError? = nil) {
        let ended = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for each in ended { each(error) }
    }

    private func update(_ id: Int64) throws -> IncomingUpdate {
        let body = Array(#"{"update_id":\#(id),"message":{"chat":{"id":5}}}"#.utf8)
        return IncomingUpdate(
            binding: Binding(
                botID: BotID(number: 42), owner: "a/b", token: "42:t", webhookSecrets: ["s"], acknowledge: .always),
            body: body, fields: try UpdateFields.scan(body))
    }

    @Test func anUpdateThatIsAcknowledgedAtOnceIsADuplicateOnlyOnceItIsSafe() async throws {
        let intake = intake(DuplicateFilter(metrics: metrics))
        #expect(await intake.take(try update(1)) == .accepted)
        #expect(woken.withLock { $0.isEmpty })
        #expect(await intake.take(try update(1)) == .unavailable)
        end()
        #expect(await intake.take(try update(1)) == .duplicate)
        #expect(woken.withLock { $0 } == [BotID(number: 42)])
        #expect(metrics.lostUpdates.value() == 0)
    }

    @Test func whatIsLostIsCountedAndSaidAndTakenWhenItComesAgain() async throws {
        let intake = intake(DuplicateFilter(metrics: metrics))
        for id in 1...50 { #expect(await intake.take(try update(Int64(id))) == .accepted) }
        end(KafkaError(.timedOut, "too late"))
        #expect(metrics.lostUpdates.value() == 50)
        #expect(lines.withLock { $0.count } == 1)
        #expect(woken.withLock { $0.isEmpty })
        #expect(await intake.take(try update(1)) == .accepted)
        end()
    }

    private func query(_ kind: String, _ id: Int64, at time: Int64) throws -> IncomingUpdate {
        let body = Array(#"{"update_id":\#(id),"\#(kind)":{"id":"q","from":{"id":5}}}"#.utf8)
        return IncomingUpdate(
            binding: Binding(botID: BotID(number: 42), owner: "a/b", token: "42:t", webhookSecrets: ["s"]),
            body: body, fields: try UpdateFields.scan(body), receivedAt: time)
    }

    @Test func queriesSayWhenTheyExpireAndTheirTimeRunsFromTheFirstSight() async throws {
        let records = Locked<[KafkaRecord]>([])
        let isBrokerThere = Locked(true)
        let intake = UpdateIntake(
            duplicates: DuplicateFilter(metrics: metrics), metrics: metrics, logger: .silent,
            enqueue: { record, ended in
                guard isBrokerThere.withLock({ $0 }) else { return ended(KafkaError(.timedOut, "away")) }
                records.withLock { $0.append(record) }
                ended(nil)
            })
        func expiry() -> String? {
            records.withLock { $0.last }?.headers.first { $0.0 == "expires-at" }
                .map { String(decoding: $0.1, as: UTF8.self) }
        }
        for (id, kind, wanted) in [
            (1, "callback_query", "151000"), (2, "inline_query", "31000"), (3, "shipping_query", "151000"),
            (4, "pre_checkout_query", "151000"), (5, "message", nil), (6, "chosen_inline_result", nil),
            (7, "kind_of_the_future", nil),
        ] as [(Int64, String, String?)] {
            #expect(await intake.take(try query(kind, id, at: 1000)) == .accepted)
            #expect(expiry() == wanted, "\(kind)")
        }
        isBrokerThere.withLock { $0 = false }
        #expect(await intake.take(try query("callback_query", 8, at: 2000)) == .unavailable)
        #expect(await intake.take(try query("callback_query", 8, at: 4000)) == .unavailable)
        isBrokerThere.withLock { $0 = true }
        #expect(await intake.take(try query("callback_query", 8, at: 8000)) == .accepted)
        #expect(expiry() == "152000")
    }

    @Test func whatWasSeenFirstIsForgottenInTimeAndWithinBounds() {
        let bot = BotID(number: 42)
        var sightings = FirstSightings(maximum: 3)
        for id in Int64(1)...100 { sightings.refused(id, of: bot, at: id) }
        #expect(sightings.count <= 6)
        #expect(sightings.time(of: 100, of: bot) == 100)
        #expect(sightings.time(of: 1, of: bot) == nil)
        sightings.taken(100, of: bot)
        #expect(sightings.time(of: 100, of: bot) == nil)
        sightings = FirstSightings()
        sightings.refused(1, of: bot, at: 1000)
        sightings.refused(1, of: bot, at: 5000)
        sightings.refused(2, of: bot, at: 1000 + FirstSightings.window)
        #expect(sightings.time(of: 1, of: bot) == 1000)
        sightings.refused(3, of: bot, at: 2000 + 2 * FirstSightings.window)
        #expect(sightings.time(of: 1, of: bot) == nil)
        #expect(sightings.time(of: 2, of: bot) != nil)
    }

    @Test func aFullQueueIsSaidAtOnce() async throws {
        let duplicates = DuplicateFilter(metrics: metrics)
        #expect(await intake(refusing: KafkaError(.queueFull, "full"), duplicates).take(try update(1)) == .unavailable)
        #expect(
            await intake(refusing: KafkaError(.recordTooLarge, "large"), duplicates).take(try update(1)) == .tooLarge)
        #expect(await intake(duplicates).take(try update(1)) == .accepted)
        end()
        #expect(metrics.lostUpdates.value() == 0)
    }
}
