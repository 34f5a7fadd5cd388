import Concurrency
import Foundation
import JSON
import KafkaClient
import Observability
import PlatformAPI
import TestRig
import Testing

@testable import WorkerKit

/// The whole worker against a broker that speaks Kafka's protocol.
@Suite(.serialized) struct BrokerTests {
    private static let botID = BotID(number: 42)

    private struct Refused: Error {}

    @Test func updatesAreAnsweredInOrderOncePerChat() async throws {
        try await withBroker { broker, kafka in
            let chats: [Int64] = Array(1...10)
            try await kafka.produce(
                (0..<200).map { number in
                    let chat = chats[number % chats.count]
                    return (chat, Self.message(Int64(number), chat: chat, text: "\(number)"))
                })
            let log = Locked<[String]>([])
            let failed = Locked<Set<Int64>>([])
            let service = WorkerService(
                kafka.configuration, logger: Logger(label: "test", sink: { line in log.withLock { $0.append(line) } })
            ) { update, bot in
                // Every tenth update fails at first.
                if update.id % 10 == 3, failed.withLock({ $0.insert(update.id).inserted }) { throw Refused() }
                try await bot.reply(to: update, "You said: \(update.text ?? "")")
            }
            let answers = try await running(service) { try await kafka.outgoing(200) }

            #expect(answers.count == 200)
            for (chat, group) in Dictionary(grouping: answers, by: \.chat) {
                let expected = (0..<200).filter { chats[$0 % chats.count] == chat }
                #expect(group.map(\.text) == expected.map { "You said: \($0)" })
                #expect(group.map(\.requestID) == expected.map { "\($0)-1" })
            }
            #expect(service.statistics.handled == 200)
            #expect(service.statistics.failedAttempts == 20)
            #expect(service.statistics.answers == 200)
            #expect(try await kafka.lag() == 0)
            #expect(!log.withLock { $0 }.contains { $0.contains("You said") })
            #expect(log.withLock { $0 }.contains { $0.contains("Refused") && $0.contains("update_id") })
        }
    }

    @Test(arguments: [false, true])
    func queriesThatItIsTooLateToAnswerAreHandledOnlyWhenAskedFor(all: Bool) async throws {
        try await withBroker { broker, kafka in
            let now = Int64(Date().timeIntervalSince1970 * 1000)
            for (id, time) in [(Int64(1), now - 1), (2, now + 3_600_000)] {
                try await kafka.produce(
                    [(1, Self.message(id, chat: 1, text: "\(id)"))], headers: [("expires-at", Array("\(time)".utf8))])
            }
            // No time that can be read is none.
            try await kafka.produce(
                [(1, Self.message(3, chat: 1, text: "3"))], headers: [("expires-at", Array("soon".utf8))])
            var configuration = kafka.configuration
            configuration.handlesExpired = all
            let service = WorkerService(configuration, logger: .silent) { update, bot in
                try await bot.reply(to: update, "\(update.text ?? "") \(update.isExpired)")
            }
            let expected = (all ? ["1 true"] : []) + ["2 false", "3 false"]
            let answers = try await running(service) { try await kafka.outgoing(expected.count) }
            #expect(answers.map(\.text) == expected)
            #expect(service.statistics.expired == (all ? 0 : 1))
            #expect(try await kafka.lag() == 0)
        }
    }

    @Test func whatCannotBeHandledIsBuriedAndTheChatGoesOn() async throws {
        try await withBroker { broker, kafka in
            try await kafka.produce([
                (1, Self.message(1, chat: 1, text: "good")), (1, Self.message(2, chat: 1, text: "bad")),
                (1, Array("no envelope".utf8)), (1, Self.message(3, chat: 1, text: "good again")),
            ])
            let calls = Locked<[Int64]>([])
            let service = WorkerService(kafka.configuration, logger: .silent) { update, bot in
                calls.withLock { $0.append(update.id) }
                if update.text == "bad" { throw Refused() }
                try await bot.reply(to: update, update.text ?? "")
            }
            let answers = try await running(service) { try await kafka.outgoing(2) }
            #expect(answers.map(\.text) == ["good", "good again"])
            #expect(calls.withLock { $0 } == [1, 2, 2, 2, 3])
            #expect(service.statistics.givenUp == 1)
            #expect(service.statistics.malformed == 1)

            let letters = try await kafka.read(Self.botID.deadLetterTopic, 2).map { bytes in
                try JSONDecoder().decode(DeadLetter.self, from: Data(bytes))
            }
            #expect(letters.map(\.reason) == ["handler_failed", "malformed"])
            #expect(letters.map(\.attempts) == [3, 1])
            #expect(letters.allSatisfy { $0.direction == "incoming" && $0.botID == "bot_42" })
            #expect(letters.last?.record == Data("no envelope".utf8))
            #expect(try await kafka.lag() == 0)
        }
    }

    @Test func shutdownFinishesWhatIsAtWorkAndLeavesTheRest() async throws {
        try await withBroker { broker, kafka in
            try await kafka.produce((0..<6).map { (1, Self.message(Int64($0), chat: 1, text: "\($0)")) })
            let hasBegun = Locked(false)
            let mayEnd = Locked(false)
            let first = WorkerService(kafka.configuration, logger: .silent) { update, bot in
                hasBegun.withLock { $0 = true }
                while !mayEnd.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
                try await bot.reply(to: update, "first: \(update.id)")
            }
            let run = Task { try await first.run() }
            #expect(try await eventually { hasBegun.withLock { $0 } })
            await first.shutdown()
            mayEnd.withLock { $0 = true }
            try await run.value
            #expect(first.statistics.handled == 1)
            #expect(try await kafka.lag() == 5)

            let second = WorkerService(kafka.configuration, logger: .silent) { update, bot in
                try await bot.reply(to: update, "second: \(update.id)")
            }
            let answers = try await running(second) { try await kafka.outgoing(6) }
            #expect(answers.map(\.text) == ["first: 0"] + (1..<6).map { "second: \($0)" })
        }
    }

    @Test func aHandlerThatHangsAtShutdownIsCancelledAndItsUpdateComesAgain() async throws {
        try await withBroker { broker, kafka in
            try await kafka.produce([(1, Self.message(1, chat: 1, text: "hang"))])
            let hasBegun = Locked(false)
            var configuration = kafka.configuration
            configuration.gracePeriod = .milliseconds(200)
            let worker = Worker(configuration, logger: .silent) { _, _ in
                hasBegun.withLock { $0 = true }
                try await Task.sleep(for: .seconds(600))
            }
            let run = Task { try await worker.run() }
            #expect(try await eventually { hasBegun.withLock { $0 } })
            run.cancel()
            try await run.value
            #expect(worker.statistics.handled == 0)
            #expect(worker.statistics.givenUp == 0)
            #expect(try await kafka.lag() == 1)
        }
    }

    /// The broker does not wait for a member that is at work when another joins, as Apache Kafka does; so some updates
    /// may be handled by both here. None is left out.
    @Test func aSecondWorkerTakesItsShareAndNothingIsLeftOut() async throws {
        try await withBroker { broker, kafka in
            let services = (0..<2).map { number in
                WorkerService(kafka.configuration, logger: .silent) { update, bot in
                    try await Task.sleep(for: .milliseconds(2))
                    try await bot.reply(to: update, "\(number): \(update.id)")
                }
            }
            let updates = (0..<400).map { (Int64($0 % 40), Self.message(Int64($0), chat: Int64($0 % 40), text: "x")) }
            try await kafka.produce(Array(updates[..<200]))
            try await running(services[0]) {
                #expect(try await eventually { services[0].statistics.handled > 20 })
                try await running(services[1]) {
                    #expect(try await eventually { try await kafka.lag() == 0 })
                    try await kafka.produce(Array(updates[200...]))
                    #expect(try await eventually { try await kafka.lag() == 0 })
                }
            }
            let handled = services.map(\.statistics.handled)
            #expect(handled.allSatisfy { $0 > 0 }, "\(handled)")
            let answers = try await kafka.outgoing(handled.reduce(0, +))
            #expect(Set(answers.map { $0.text.dropFirst(3) }) == Set((0..<400).map { "\($0)" }))
            // What comes again comes in order again, too: what is new at a worker is in the order of the chat.
            for group in Dictionary(grouping: answers, by: { [$0.text.prefix(1), "\($0.chat)"] }).values {
                var seen: Set<Int> = []
                let ids = group.compactMap { Int($0.text.dropFirst(3)) }.filter { seen.insert($0).inserted }
                #expect(ids == ids.sorted())
            }
        }
    }

    // MARK: Rig

    private static func message(_ id: Int64, chat: Int64, text: String) -> [UInt8] {
        let update = #"{"update_id":\#(id),"message":{"message_id":1,"chat":{"id":\#(chat)},"text":"\#(text)"}}"#
        return IncomingEnvelope.encode(botID: botID, update: Array(update.utf8))
    }

    private func withBroker(_ body: @Sendable @escaping (KafkaBroker, Rig) async throws -> Void) async throws {
        try await KafkaBroker.with { broker in
            let rig = Rig(bootstrapServers: broker.bootstrapServers, botID: Self.botID)
            try await rig.createTopics()
            try await body(broker, rig)
        }
    }

    /// Runs a worker beside `body`, then ends it in order.
    private func running<Result: Sendable>(
        _ service: WorkerService, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let run = Task { try await service.run() }
        do {
            let result = try await body()
            await service.shutdown()
            try await run.value
            return result
        } catch {
            await service.shutdown()
            _ = await run.result
            throw error
        }
    }
}
