import Concurrency
import Foundation
import HTTPClient
import HTTPTypes
import JSON
import KafkaClient
import Observability
import PlatformAPI
import Simulator
import TestRig

/// How many Bot API calls a second the gateway makes of records that wait on outgoing topics, to a simulator without
/// limits; and whether each chat got its messages once and in order.
struct OutgoingBench {
    let options: BenchOptions
    let report: Report
    let platform: BenchPlatform

    private let botCount = 100
    private let chatsPerBot = 20

    /// Messages in each chat in one round.
    private var depth: Int { max(1, options.calls / (botCount * chatsPerBot)) }
    private var total: Int { botCount * chatsPerBot * depth }

    private struct Chat: Hashable {
        let bot: Int64
        let chat: Int64
    }

    func run() async throws {
        let bots = try (0..<botCount).map { number in
            try platform.simulator.createBot(BotSpec(username: "outgoing_\(number)_bot"))
        }
        // A bot may write only to who has written to it.
        for bot in bots { try platform.simulator.write((0..<chatsPerBot).map { person($0, bot) }) }
        let bound = BoundBots(
            client: platform.client, brokers: platform.broker.bootstrapServers,
            bots: bots.map { (BotID(number: $0.id), $0.token) }, secret: "outgoing")
        report.progress("binding \(botCount) bots")
        try await bound.makeTopics()
        try await bound.bind()

        var gateway = try await platform.startGateway()
        try await gateway.waitUntilReady()
        _ = try await round(bots, gateway: gateway, label: "warm-up", depth: 1)
        var rates: [Double] = []
        var references: [Double] = []
        var costs: [Double] = []
        for number in 1...options.rounds {
            report.progress("round \(number): \(total) calls")
            // All records wait before the first is read, so that producing them costs the gateway nothing.
            await gateway.stop()
            let sequence = lastSequence
            try await produce(bots, label: "\(number)", depth: depth)
            gateway = try await platform.startGateway()
            try await gateway.waitUntilReady()
            let used = try gateway.usage.processorTime
            rates.append(try await finish(bots, after: sequence, label: "\(number)", depth: depth))
            costs.append((try gateway.usage.processorTime - used) * 1e6 / Double(total))
            report.progress("\(Int(rates.last ?? 0)) calls/s; now the HTTP client alone")
            references.append(try await clientRate(bots))
        }
        let usage = try gateway.usage
        let used = usage.processorTime
        try await Task.sleep(for: .seconds(options.seconds))
        let idle = (try gateway.usage.processorTime - used) / Double(options.seconds) * 100
        let letters = try await deadLetters(bots)
        await gateway.stop()
        report.add(
            Figure(
                .outgoing, "calls made, \(botCount) bots with \(chatsPerBot) chats each", Samples(rates).median,
                "calls/s", beside: ("the HTTP client alone, 64 in flight", Samples(references).median)))
        report.add(Figure(.outgoing, "gateway's processor time", Samples(costs).median, "µs/call"))
        report.add(Figure(.outgoing, "gateway's memory after \(total) calls", usage.resident, "MB"))
        report.add(Figure(.outgoing, "gateway's processor when all is sent", idle, "% of a core"))
        for (reason, count) in letters.sorted(by: { $0.value > $1.value }) {
            report.note(
                "dead letters although the simulator answered every call with success: \(count) times \(reason)")
        }
        report.note("each of \(rates.count * total) messages came once and in its chat's order")
    }

    private var lastSequence: Int64 { platform.simulator.calls(limit: .max).last?.sequence ?? 0 }

    private func chat(_ number: Int) -> Int64 { 8_000_000_000 + Int64(number) }

    private func person(_ number: Int, _ bot: BotInfo) -> MessageSpec {
        MessageSpec(bot: bot.id, user: chat(number), text: "hello")
    }

    private func round(_ bots: [BotInfo], gateway: RunningProgram, label: String, depth: Int) async throws -> Double {
        let sequence = lastSequence
        try await produce(bots, label: label, depth: depth)
        return try await finish(bots, after: sequence, label: label, depth: depth)
    }

    /// Puts `depth` messages for each chat on the bots' topics, the chats of a bot by turns.
    private func produce(_ bots: [BotInfo], label: String, depth: Int) async throws {
        let producer = try KafkaProducer(
            KafkaConfiguration(bootstrapServers: platform.broker.bootstrapServers, clientID: "bench"), logger: .silent)
        try await inParallel(bots) { bot in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<depth {
                    for number in 0..<chatsPerBot {
                        let record = try record(bot, chat(number), "\(label) \(index)")
                        group.addTask { _ = try await producer.send(record) }
                    }
                    // One after the other in each chat: the next ones only once these are on the topic.
                    try await group.waitForAll()
                }
            }
        }
        await producer.close()
    }

    private func record(_ bot: BotInfo, _ chat: Int64, _ text: String) throws -> KafkaRecord {
        let envelope = OutgoingEnvelope(
            method: "sendMessage", params: .object(["chat_id": .int(chat), "text": .string(text)]))
        return KafkaRecord(
            topic: BotID(number: bot.id).outgoingTopic, key: Array("\(chat)".utf8),
            value: Array(try JSONEncoder().encode(envelope)))
    }

    /// Waits for a round's calls and looks at each of them.
    /// - Returns: calls a second from the first to the last, by the simulator's clock.
    private func finish(
        _ bots: [BotInfo], after sequence: Int64, label: String, depth: Int
    ) async throws -> Double {
        let wanted = bots.count * chatsPerBot * depth
        let before = sequence
        try await eventually("\(wanted) calls have come", within: .seconds(180), every: .milliseconds(250)) {
            let calls = platform.simulator.calls(RecordFilter(after: before), limit: .max)
            guard calls.count >= wanted else {
                throw NotInTime(description: "\(calls.count) of \(wanted) calls came")
            }
            return true
        }
        let calls = platform.simulator.calls(RecordFilter(after: before, sentOnly: false), limit: .max)
        var seen: [Chat: Int] = [:]
        for call in calls {
            let chat = Chat(bot: call.bot, chat: call.chatID ?? 0)
            let next = seen[chat, default: 0]
            guard call.ok, call.text == "\(label) \(next)" else {
                throw NotInTime(
                    description: "order: chat \(chat.chat) of bot_\(chat.bot) got \"\(call.text ?? "nothing")\" "
                        + "(\(call.description ?? "ok")) when \"\(label) \(next)\" was next")
            }
            seen[chat] = next + 1
        }
        guard seen.count == bots.count * chatsPerBot, seen.values.allSatisfy({ $0 == depth }) else {
            throw NotInTime(description: "\(calls.count) calls came, which are not \(depth) for each chat")
        }
        guard let first = calls.first?.time, let last = calls.last?.time, last > first else { return 0 }
        return Double(calls.count - 1) * 1e6 / Double(last - first)
    }

    /// How often each reason stands on the bots' dead-letter topics. There should be none.
    private func deadLetters(_ bots: [BotInfo]) async throws -> [String: Int] {
        let consumer = try KafkaConsumer(
            KafkaConfiguration(bootstrapServers: platform.broker.bootstrapServers, clientID: "bench"),
            settings: ConsumerSettings(groupID: "bench-dead-letters"), logger: .silent)
        let topics = bots.map { TopicPartition(topic: BotID(number: $0.id).deadLetterTopic, partition: 0) }
        try consumer.assign(Dictionary(uniqueKeysWithValues: topics.map { ($0, 0) }))
        var reasons: [String: Int] = [:]
        while true {
            let messages = try await consumer.nextBatch(timeout: .seconds(3))
            guard !messages.isEmpty else { break }
            for message in messages {
                let letter = try JSONDecoder().decode(DeadLetter.self, from: Data(message.value ?? []))
                reasons["\(letter.reason): \(letter.description)", default: 0] += 1
            }
        }
        await consumer.close()
        return reasons
    }

    /// The same calls by the HTTP client that the gateway has, from this process.
    private func clientRate(_ bots: [BotInfo]) async throws -> Double {
        var configuration = HTTPClient.Configuration()
        configuration.maxConnectionsPerHost = 512
        configuration.maxConnections = 512
        let http = try HTTPClient(configuration)
        let seconds = max(1, options.seconds / 2)
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let url = platform.simulator.apiURL
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for lane in 0..<64 {
                let bot = bots[lane % bots.count]
                let chat = chat(lane % chatsPerBot)
                group.addTask { try await Self.call(http, "\(url)/bot\(bot.token)/sendMessage", chat, until: end) }
            }
            return try await group.reduce(0, +)
        }
        let taken = (ContinuousClock.now - start).seconds
        await http.shutdown()
        return Double(count) / taken
    }

    @concurrent private static func call(
        _ http: HTTPClient, _ url: String, _ chat: Int64, until end: ContinuousClock.Instant
    ) async throws -> Int {
        var count = 0
        while ContinuousClock.now < end {
            let body = Array(#"{"chat_id":\#(chat),"text":"alone \#(count)"}"#.utf8)
            let response = try await http.execute(
                HTTPRequest(.post, url, headers: ["Content-Type": "application/json"], body: .bytes(body)))
            guard response.status == .ok else {
                throw NotInTime(description: "the simulator answered \(response.status.rawValue)")
            }
            count += 1
        }
        return count
    }
}
