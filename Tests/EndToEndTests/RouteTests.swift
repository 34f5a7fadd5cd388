import Foundation
import JSON
import PlatformAPI
import Simulator
import TestRig
import Testing

/// Routes from the TelegramBot to the chat, with the service of examples/routes-python.
@Suite(.serialized) struct RouteTests {
    @Test(.timeLimit(.minutes(5))) func routesOfTheResourceAreTheBots() async throws {
        let folder = try TestFolder.make("shop")
        let port = try LoopbackPort.free()
        let shop = try ChildProcess(
            "python3", ["\(ProjectFolder.path)/examples/routes-python/main.py"],
            environment: ProcessInfo.processInfo.environment.merging(["PORT": "\(port)"]) { $1 },
            log: TestFolder.logFile("shop", in: folder))
        try await Platform.with { platform in
            let bot = try await platform.makeBot("shop")
            func manifest(_ path: String) -> String {
                """
                apiVersion: telegram-serverless.io/v1alpha1
                kind: TelegramBot
                metadata: {name: shop, namespace: bots}
                spec:
                  tokenSecretRef: {name: shop-token}
                  routes:
                    - name: start
                      match: {commands: [start]}
                      service: {url: "http://127.0.0.1:\(port)\(path)"}
                      apology: closed
                    - name: buy
                      match: {actions: [buy]}
                      service: {url: "http://127.0.0.1:\(port)/buy"}
                """
            }
            try await platform.apply(manifest("/start"))
            try await platform.waitFor(.webhookReady, of: "shop", "True/WebhookSet")
            // The bot's own name is among what the gateway is told.
            try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "/start@\(bot.username)"))
            let sent = RecordFilter(bot: bot.id, method: "sendMessage")
            let menu = try #require(await platform.simulator.calls(sent, count: 1, within: .seconds(60)).first)
            #expect(menu.text?.contains("like") == true)
            try platform.simulator.press(
                CallbackSpec(bot: bot.id, user: 7, messageID: menu.messageID, data: "buy:tea"))
            let edits = await platform.simulator.calls(
                RecordFilter(bot: bot.id, method: "editMessageText"), count: 1, within: .seconds(60))
            #expect(edits.first?.text?.contains("tea") == true && edits.first?.messageID == menu.messageID)

            // A change of the resource is one of the bot: there is nothing at that path.
            try await platform.apply(manifest("/gone"))
            try await platform.eventually("the gateway knows the new route") {
                try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "/start"))
                let texts = await platform.simulator.calls(sent, count: 1000, within: .seconds(1)).map { $0.text ?? "" }
                return texts.contains("closed") ? nil : "\(texts)"
            }
        }
        await shop.terminate()
        TestFolder.remove(folder)
    }
}
