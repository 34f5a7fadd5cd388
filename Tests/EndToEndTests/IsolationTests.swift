import Foundation
import JSON
import KafkaClient
import Observability
import PlatformAPI
import Simulator
import TestRig
import Testing

/// Work on slow bots delays no other: many more hang here than the operator has workers, for longer than the others are
/// given.
@Suite(.serialized) struct IsolationTests {
    /// For how long what hangs does: a bot that waited for one that hangs would not be in time.
    private static let hang = "30s"
    private static let inTime = Duration.seconds(15)

    @Test(.timeLimit(.minutes(5))) func tokensThatTimeOutDelayNoOtherBot() async throws {
        try await Platform.with { platform in
            await platform.process("operator")?.terminate()
            try await platform.startOperator(["--telegram-timeout", Self.hang])
            let slow = try await platform.makeBots((0..<60).map { "slow-\($0)" })
            for bot in slow {
                var fault = FaultSpec()
                fault.bot = bot.info.id
                fault.delayMilliseconds = 120_000
                try platform.simulator.addFault(fault)
            }
            func allHang(_ times: Int) async throws {
                try await platform.eventually("all slow bots hang at Telegram", within: Self.inTime) {
                    let count = platform.simulator.faults().filter { $0.seen >= times }.count
                    return count == slow.count ? nil : "\(count) of \(slow.count) do"
                }
            }
            try await platform.apply(slow.map { Platform.manifest($0.name) }.joined(separator: "\n---\n"))
            try await allHang(1)
            try await Self.useAnotherBot("quick", platform)

            // What people change goes before all else; even so it must not take all workers.
            try await platform.apply(
                slow.map { Platform.manifest($0.name, more: "  updates: {maxConnections: 7}") }
                    .joined(separator: "\n---\n"))
            try await platform.eventually("the first tries end", within: .seconds(60)) {
                let count = platform.simulator.faults().filter { $0.seen >= 2 }.count
                return count > 0 ? nil : "they hang"
            }
            try await allHang(2)
            try await Self.useAnotherBot("quicker", platform)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aFrozenBrokerDelaysNoBotOfAnother() async throws {
        try await Platform.with { platform in
            let other = try await KafkaBroker.start()
            do {
                await platform.process("operator")?.terminate()
                try await platform.startOperator(["--kafka-timeout", Self.hang])
                try await platform.apply(
                    """
                    apiVersion: telegram-serverless.io/v1alpha1
                    kind: TelegramGateway
                    metadata: {name: other, namespace: tgs-system}
                    spec:
                      publicURL: http://127.0.0.1:\(platform.webhookPort)
                      kafka: {bootstrapServers: "\(other.bootstrapServers)", replicationFactor: 1}
                      telegram: {apiBaseURL: "\(platform.simulator.apiURL)"}
                    """)
                func manifest(_ name: String) -> String {
                    Platform.manifest(name, more: "  gatewayRef: {name: other, namespace: tgs-system}")
                }
                // One that is there before, so that the operator is connected.
                try await platform.makeBot("before")
                try await platform.apply(manifest("before"))
                try await platform.waitFor(.ready, of: "before", "True/Ready")

                other.freeze()
                let stuck = try await platform.makeBots((0..<40).map { "stuck-\($0)" })
                try await platform.apply(stuck.map { manifest($0.name) }.joined(separator: "\n---\n"))
                try await platform.eventually("all are confirmed and come to their topics", within: Self.inTime) {
                    let asked = Set(
                        platform.simulator.counts().filter { $0.method == "getMe" && $0.succeeded > 0 }.map(\.bot))
                    let count = stuck.filter { asked.contains($0.info.id) }.count
                    return count == stuck.count ? nil : "\(count) of \(stuck.count)"
                }
                try await Self.useAnotherBot("quick", platform)

                other.thaw()
                for bot in stuck {
                    try await platform.waitFor(.ready, of: bot.name, "True/Ready", within: .seconds(90))
                }
            } catch {
                await other.remove()
                throw error
            }
            await other.remove()
        }
    }

    /// Each has many chats to write to, all at once.
    @Test(.timeLimit(.minutes(5))) func answersOfSlowBotsDelayNoOthers() async throws {
        try await Platform.with { platform in
            let slow = try await platform.makeBots((0..<6).map { "slow-\($0)" })
            let quick = try await platform.makeBot("quick")
            try await platform.apply(
                (slow.map(\.name) + ["quick"]).map { Platform.manifest($0) }.joined(separator: "\n---\n"))
            for name in slow.map(\.name) + ["quick"] { try await platform.waitFor(.ready, of: name, "True/Ready") }
            for bot in slow {
                var fault = FaultSpec()
                fault.bot = bot.info.id
                fault.method = "sendMessage"
                fault.delayMilliseconds = 120_000
                try platform.simulator.addFault(fault)
            }
            // Bots may write only to those who have written to them.
            for user in Int64(1)...20 {
                for bot in [quick] + slow.map(\.info) {
                    try platform.simulator.write(MessageSpec(bot: bot.id, user: user, text: "hello"))
                }
            }
            let producer = try KafkaProducer(
                KafkaConfiguration(bootstrapServers: platform.broker.bootstrapServers, clientID: "test"),
                logger: .silent)
            func say(_ text: String, chats: ClosedRange<Int64>, as bot: BotInfo) async throws {
                for chat in chats {
                    let answer = OutgoingEnvelope(
                        method: "sendMessage", params: ["chat_id": .int(chat), "text": .string(text)])
                    _ = try await producer.send(
                        KafkaRecord(
                            topic: BotID(number: bot.id).outgoingTopic, value: Array(try JSONEncoder().encode(answer)),
                            headers: []))
                }
            }
            for bot in slow { try await say("slow", chats: 1...20, as: bot.info) }
            try await platform.eventually("each slow bot has as many calls under way as it may", within: Self.inTime) {
                let counts = platform.simulator.faults().map(\.seen)
                return counts.allSatisfy { $0 >= 8 } ? nil : "\(counts)"
            }
            try await say("quick", chats: 1...20, as: quick)
            let calls = await platform.simulator.calls(
                RecordFilter(bot: quick.id, method: "sendMessage"), count: 20, within: Self.inTime)
            #expect(Set(calls.compactMap(\.chatID)) == Set(1...20))
            await producer.close()
        }
    }

    /// Makes, changes and takes back a bot, each in time.
    private static func useAnotherBot(_ name: String, _ platform: Platform) async throws {
        let bot = try await platform.makeBot(name)
        try await platform.apply(Platform.manifest(name))
        try await platform.waitFor(.ready, of: name, "True/Ready", within: inTime)
        try await platform.apply(Platform.manifest(name, more: "  updates: {maxConnections: 17}"))
        try await platform.eventually("the change of \(name) has reached Telegram", within: inTime) {
            let connections = try platform.simulator.state(of: bot.id).webhook?.maxConnections
            return connections == 17 ? nil : "\(connections ?? -1)"
        }
        _ = try await platform.controlPlane.kubectl("delete", "telegrambot", name, "-n", "bots", "--wait=false")
        try await platform.eventually("\(name) is gone", within: inTime) {
            try await platform.bot(name) == nil ? nil : "still there"
        }
        #expect(try await platform.owned(name, bot).isEmpty)
        #expect(try await platform.topics(bot).isEmpty)
    }
}
