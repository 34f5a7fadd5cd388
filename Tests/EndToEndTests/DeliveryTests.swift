import Foundation
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
            try await platform.waitFor(.ready, of: "again", "True/Ready")
            let worker = try EchoWorker(BotID(number: bot.id), bootstrapServers: platform.broker.bootstrapServers)
            let filter = RecordFilter(bot: bot.id, method: "sendMessage", sentOnly: true)
            let answers = await platform.simulator.calls(filter, count: 1, within: .seconds(60))
            let hops = try await platform.hops(of: bot)
            #expect(answers.map(\.text) == ["echo: are you there?"], "\(hops)")
            try await worker.stop()
        }
    }
}
