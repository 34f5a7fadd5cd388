import Cryptography
import Foundation
import Gateway
import HTTPClient
import HTTPTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

extension GatewayIntegrationTests {
    /// Bots of real frameworks, which know nothing of the platform, behind the proxy.
    @Suite struct Frameworks {
        private static let scripts = ["aiogram_bot", "ptb_bot", "telebot_bot"]

        @Test func botsOfEachFrameworkWorkUnchanged() async throws {
            try await GatewayRig.run(bots: Self.scripts.count, { $0.proxyPort = 0 }) { rig, gateway, bots in
                let folder = try TestFolder.make("frameworks")
                var processes: [ChildProcess] = []
                for (bot, script) in zip(bots, Self.scripts) {
                    try await setWebhook(rig, gateway, bot)
                    var environment = ProcessInfo.processInfo.environment
                    environment["TELEGRAM_API_BASE_URL"] = gateway.proxyURL
                    environment["BOT_TOKEN"] = GatewayRig.alias(bot)
                    environment["PYTHONDONTWRITEBYTECODE"] = "1"
                    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] { environment[name] = nil }
                    processes.append(
                        try ChildProcess(
                            FrameworkPython.path, ["\(ProjectFolder.path)/Tests/Bots/\(script).py"],
                            environment: environment, log: "\(folder)/\(script).log"))
                }
                let result: Result<Void, any Error>
                do {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (number, bot) in bots.enumerated() {
                            let process = processes[number]
                            group.addTask { try await talk(rig, bot, Self.scripts[number], process) }
                        }
                        try await group.waitForAll()
                    }
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                for process in processes { await process.terminate(patience: .seconds(5)) }
                TestFolder.remove(folder)
                try result.get()
                // The platform's own business has not reached Telegram but for the one that was told it above.
                for bot in bots {
                    let calls = rig.simulator.calls(RecordFilter(bot: bot.id, sentOnly: false))
                    #expect(calls.filter { $0.method.hasSuffix("Webhook") }.count == 1)
                    #expect(calls.filter { !$0.ok }.isEmpty)
                }
            }
        }

        private func setWebhook(_ rig: GatewayRig, _ gateway: RunningGateway, _ bot: BotInfo) async throws {
            let url = "\(gateway.url)/webhook/\(BotID(number: bot.id))"
            let body = #"{"url":"\#(url)","secret_token":"\#(GatewayRig.secret)"}"#
            let set = try await rig.http.execute(
                HTTPRequest(
                    .post, "\(rig.simulator.apiURL)/bot\(bot.token)/setWebhook",
                    headers: ["Content-Type": "application/json"], body: .bytes(Array(body.utf8))))
            #expect(set.status == .ok)
        }

        /// A conversation of one person with one bot.
        private func talk(
            _ rig: GatewayRig, _ bot: BotInfo, _ script: String, _ process: ChildProcess
        ) async throws {
            let user: Int64 = 5
            func saw(_ method: String, _ text: (String) -> Bool, _ what: String) async throws -> RecordedCall? {
                let filter = RecordFilter(bot: bot.id, method: method, chatID: user)
                let deadline = ContinuousClock.now + .seconds(60)
                while ContinuousClock.now < deadline {
                    if let call = rig.simulator.calls(filter).last(where: { text($0.text ?? "") }) { return call }
                    try #require(process.isRunning, "\(script) has ended: \(process.logTail())")
                    try await Task.sleep(for: .milliseconds(50))
                }
                Issue.record("\(script): \(what) did not come: \(process.logTail())")
                return nil
            }
            try rig.simulator.write(MessageSpec(bot: bot.id, user: user, text: "hello \(script)"))
            let echo = try await saw("sendMessage", { $0 == "hello \(script)" }, "the echo")
            try rig.simulator.press(
                CallbackSpec(bot: bot.id, user: user, messageID: echo?.messageID, data: "pressed"))
            _ = try await saw("editMessageText", { $0 == "it was pressed" }, "the edit")
            try rig.simulator.write(MessageSpec(bot: bot.id, user: user, text: "/photo"))
            _ = try await saw("sendPhoto", { $0 == "a photo" }, "the photo")
            let photo = [UInt8]((0..<256_000).map { UInt8(truncatingIfNeeded: $0) })
            let digest = Self.digest(photo)
            _ = try await saw("sendMessage", { $0 == "photo \(digest)" }, "the photo's digest")
            try rig.simulator.write(MessageSpec(bot: bot.id, user: user, text: "/webhook"))
            _ = try await saw("sendMessage", { $0.hasPrefix("webhook True") }, "the webhook")
        }

        private static func digest(_ bytes: [UInt8]) -> String { SHA256.hex(bytes) }
    }
}
