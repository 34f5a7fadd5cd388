import Foundation
import JSON
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TestRig
import Testing

/// The whole way once: a TelegramBot is applied, a person writes, the worker answers, the person reads.
@Suite(.serialized) struct DeliveryTests {
    @Test(.timeLimit(.minutes(5))) func aPersonIsAnswered() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            let worker = try EchoWorker(BotID(number: bot.id), bootstrapServers: platform.broker.bootstrapServers)

            for number in 1...20 {
                try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "Hello \(number)"))
            }
            let filter = RecordFilter(bot: bot.id, method: "sendMessage", sentOnly: true)
            let answers = await platform.simulator.calls(filter, count: 20, within: .seconds(60))
            #expect(answers.map(\.text) == (1...20).map { "echo: Hello \($0)" })
            #expect(answers.allSatisfy { $0.chatID == 7 })
            try await worker.stop()
        }
    }

    /// A bot that is taken away while Telegram still has messages for it, and applied again, goes on with the same topics'
    /// names and answers.
    @Test(.timeLimit(.minutes(5))) func deletedAndAppliedAgain() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("again")
            try await platform.apply(Platform.manifest("again"))
            try await platform.waitFor(.ready, of: "again", "True/Ready")
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "again", "-n", "bots", "--timeout=60s")
            try platform.simulator.write(MessageSpec(bot: bot.id, user: 9, text: "are you there?"))
            try await platform.apply(Platform.manifest("again"))
            // Not Ready: the message that waits wakes the bot, and no pod runs in this rig.
            try await platform.waitFor(.webhookReady, of: "again", "True/WebhookSet")
            let worker = try EchoWorker(BotID(number: bot.id), bootstrapServers: platform.broker.bootstrapServers)
            let filter = RecordFilter(bot: bot.id, method: "sendMessage", sentOnly: true)
            let answers = await platform.simulator.calls(filter, count: 1, within: .seconds(60))
            let hops = try await platform.hops(of: bot)
            #expect(answers.map(\.text) == ["echo: are you there?"], "\(hops)")
            try await worker.stop()
        }
    }

    /// How deliveries go is said at once, looked at again soon, and then told anew only when it is something else.
    @Test(.timeLimit(.minutes(5))) func looksAtWhatIsWellWriteNothing() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("well")
            let looks = RecordFilter(bot: bot.id, method: "getWebhookInfo", sentOnly: false)
            try await platform.apply(Platform.manifest("well"))
            try await platform.waitFor(.ready, of: "well", "True/Ready")
            #expect(try await platform.condition(.delivering, of: "well") == "True/Delivering")
            let status = try await platform.bot("well")?.status
            #expect(status?.webhook?.pendingUpdates == 0)
            #expect(status?.kafka?.lag == 0)
            // Whatever happens to the bot meanwhile, such as a change of its own.
            _ = try await platform.controlPlane.kubectl("annotate", "telegrambot/well", "note=seen", "-n", "bots")
            let soon = await platform.simulator.calls(looks, count: 2, within: .seconds(60))
            #expect(soon.count == 2)

            await platform.process("operator")?.terminate()
            try await platform.startOperator(["--resync-interval", "1s"])
            _ = await platform.simulator.calls(looks, count: 4, within: .seconds(30))
            let version = try await platform.bot("well")?.metadata.resourceVersion
            let objects = try await platform.owned("well", bot)
            let many = await platform.simulator.calls(looks, count: 9, within: .seconds(30))
            #expect(many.count >= 9)
            #expect(try await platform.bot("well")?.metadata.resourceVersion == version)
            #expect(try await platform.owned("well", bot) == objects)
        }
    }

    /// Each hop is broken in turn, and `Delivering` names it, until it is mended.
    @Test(.timeLimit(.minutes(5))) func theBrokenHopIsNamed() async throws {
        try await Platform.with { platform in
            await platform.process("operator")?.terminate()
            try await platform.startOperator(["--resync-interval", "2s"])
            let bot = try await platform.makeBot("hops")
            let id = BotID(number: bot.id)
            try await platform.apply(Platform.manifest("hops"))
            try await platform.waitFor(.ready, of: "hops", "True/Ready")
            try await platform.waitFor(.delivering, of: "hops", "True/Delivering")

            // Nobody reads: no pod runs in this rig.
            try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "anybody?"))
            try await platform.waitFor(.delivering, of: "hops", "False/WorkerNotReading")
            #expect(try await platform.bot("hops")?.status?.kafka?.lag == 1)
            let worker = try EchoWorker(id, bootstrapServers: platform.broker.bootstrapServers)
            try await platform.waitFor(.delivering, of: "hops", "True/Delivering")
            #expect(try await platform.bot("hops")?.status?.kafka?.lag == 0)
            let calls = await platform.simulator.calls(
                RecordFilter(method: "sendMessage"), count: 1, within: .seconds(20))
            #expect(calls.map(\.text) == ["echo: anybody?"])

            // The gateway is gone: updates stay at Telegram, answers in Kafka.
            await platform.process("gateway")?.terminate()
            try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "still there?"))
            try await platform.waitFor(.delivering, of: "hops", "False/GatewayUnreachable")
            let events = try await platform.controlPlane.kubectl("get", "events", "-n", "bots")
            #expect(events.contains("GatewayUnreachable"))
            #expect(events.contains("WorkerNotReading"))
            try await platform.startGateway()
            try await platform.waitFor(.delivering, of: "hops", "True/Delivering")

            await platform.process("gateway")?.terminate()
            let producer = try KafkaProducer(
                KafkaConfiguration(bootstrapServers: platform.broker.bootstrapServers, clientID: "test"),
                logger: .silent)
            let answer = OutgoingEnvelope(method: "sendMessage", params: ["chat_id": 7, "text": "late"])
            _ = try await producer.send(
                KafkaRecord(
                    topic: id.outgoingTopic, value: Array(try JSONEncoder().encode(answer)), headers: []))
            await producer.close()
            try await platform.waitFor(.delivering, of: "hops", "False/AnswersNotSent")
            try await platform.startGateway()
            try await platform.waitFor(.delivering, of: "hops", "True/Delivering")
            try await worker.stop()
        }
    }
}
