import Concurrency
import Foundation
import HTTPClient
import JSON
import KafkaClient
import Observability
import PlatformAPI
import Simulator
import TestRig

/// A broadcast through the gateway to a simulator that keeps to Telegram's limits and answers 429 now and then besides:
/// how much of what is allowed is used, and whether anything is sent while Telegram has asked for a pause.
struct BroadcastBench {
    let options: BenchOptions
    let report: Report
    let platform: BenchPlatform

    private let chats = 2000
    /// Of the whole broadcast; more than can be sent in the time.
    private let messages = 100_000
    /// Telegram's limit on bulk messages.
    private let perSecond = 30.0
    /// Between two 429s that the limits alone would not have caused.
    private let between = Duration.seconds(20)
    /// What was under way when a 429 was given is not sent inside its pause.
    private let underWay: Int64 = 50_000

    func run() async throws {
        var configuration = SimulatorConfiguration()
        configuration.allowInsecureWebhooks = true
        configuration.enforcesLimits = true
        configuration.recordCapacity = messages * 2
        configuration.recordBytes = 1 << 30
        let telegram = try Simulator(configuration, logger: .silent, metrics: MetricsRegistry())
        try telegram.start()
        let serving = Task.detached { try await telegram.run() }
        let result: Result<Void, any Error>
        do {
            try await measure(telegram)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await telegram.shutdown()
        _ = await serving.result
        try result.get()
    }

    private func measure(_ telegram: Simulator) async throws {
        let bot = try telegram.createBot(BotSpec(username: "broadcast_bot"))
        try telegram.write((0..<chats).map { MessageSpec(bot: bot.id, user: chat($0), text: "hello") })
        let bound = BoundBots(
            client: platform.client, brokers: platform.broker.bootstrapServers,
            bots: [(BotID(number: bot.id), bot.token)], secret: "broadcast")
        try await bound.makeTopics()
        try await bound.bind()
        report.progress("producing \(messages) messages to \(chats) chats")
        try await produce(bot)

        let gateway = try await platform.startGateway(apiURL: telegram.apiURL, keepsLimits: true)
        try await gateway.waitUntilReady()
        try await eventually("the broadcast begins") { !telegram.calls(limit: 1).isEmpty }
        report.progress("broadcasting for \(options.broadcast) s")
        let end = ContinuousClock.now + .seconds(options.broadcast)
        while ContinuousClock.now + between < end {
            try await Task.sleep(for: between)
            var fault = FaultSpec()
            fault.errorCode = 429
            fault.retryAfter = Int.random(in: 1...5)
            fault.count = 1
            try telegram.addFault(fault)
        }
        try await Task.sleep(until: end)
        let calls = telegram.calls(RecordFilter(bot: bot.id, sentOnly: false), limit: .max)
        await gateway.stop()
        try judge(calls)
    }

    private func judge(_ calls: [RecordedCall]) throws {
        guard let first = calls.first?.time, let last = calls.last?.time, last > first else {
            throw NotInTime(description: "nothing was sent")
        }
        let pauses = calls.filter { $0.errorCode == 429 }.map { call in
            (from: call.time, until: call.time + seconds(call.description) * 1_000_000)
        }
        // How long after its 429 each of them came, in milliseconds.
        let inside = calls.compactMap { call in
            pauses.first { call.time > $0.from + underWay && call.time < $0.until }.map { (call.time - $0.from) / 1000 }
        }
        // Pauses may overlap; time counts once.
        var paused: Int64 = 0
        var reached = first
        for pause in pauses {
            let from = max(pause.from, reached)
            let until = min(pause.until, last)
            if until > from { paused += until - from }
            reached = max(reached, until)
        }
        let sent = calls.filter(\.ok)
        let allowed = perSecond * Double(last - first - paused) / 1e6
        report.add(
            Figure(
                .broadcast, "messages of a broadcast in \(options.broadcast) s", Double(sent.count), "messages",
                beside: ("30 a second but in pauses", allowed)))
        report.add(Figure(.broadcast, "requests inside a retry_after", Double(inside.count), "requests"))
        report.add(Figure(.broadcast, "429s given, those of the limits included", Double(pauses.count), "answers"))
        var next: [Int64: Int] = [:]
        for call in sent {
            let chat = call.chatID ?? 0
            guard call.text == "\(next[chat, default: 0])" else {
                throw NotInTime(description: "chat \(chat) got message \(call.text ?? "") out of its order, or twice")
            }
            next[chat, default: 0] += 1
        }
        if !inside.isEmpty { report.note("inside a pause, ms after its 429: \(inside)") }
        report.note("each chat got its messages once and in order; pauses took \(paused / 1_000_000) s")
    }

    /// The number at the end of "Too Many Requests: retry after 3".
    private func seconds(_ description: String?) -> Int64 {
        description?.split(separator: " ").last.flatMap { Int64($0) } ?? 0
    }

    private func chat(_ number: Int) -> Int64 { 8_100_000_000 + Int64(number) }

    private func produce(_ bot: BotInfo) async throws {
        let producer = try KafkaProducer(
            KafkaConfiguration(bootstrapServers: platform.broker.bootstrapServers, clientID: "bench"), logger: .silent)
        let topic = BotID(number: bot.id).outgoingTopic
        for index in 0..<(messages / chats) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<chats {
                    let envelope = OutgoingEnvelope(
                        method: "sendMessage",
                        params: .object(["chat_id": .int(chat(number)), "text": .string("\(index)")]),
                        priority: .broadcast)
                    let record = KafkaRecord(
                        topic: topic, key: Array("\(chat(number))".utf8),
                        value: Array(try JSONEncoder().encode(envelope)))
                    group.addTask { _ = try await producer.send(record) }
                }
                try await group.waitForAll()
            }
        }
        await producer.close()
    }
}
