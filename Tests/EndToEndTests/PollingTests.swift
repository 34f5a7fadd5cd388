import Foundation
import HTTPClient
import HTTPTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

/// Bots whose updates the gateway asks for.
@Suite(.serialized) struct PollingTests {
    private static let polling = "  updates: {mode: Polling}"

    /// Runs `body` while people write.
    private static func during(_ crowd: Crowd, _ body: () async throws -> Void) async throws {
        let writing = Task { try await crowd.write() }
        let result: Result<Void, any Error>
        do {
            try await body()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        crowd.stop()
        try await writing.value
        try result.get()
    }

    /// Waits until so many more updates are on the topics.
    private static func more(_ count: Int, _ bot: BotInfo, _ platform: Platform) async throws {
        let before = try await platform.updates(of: BotID(number: bot.id)).count
        try await platform.eventually("\(count) more updates come") {
            let now = try await platform.updates(of: BotID(number: bot.id)).count
            return now >= before + count ? nil : "\(now - before)"
        }
    }

    @Test(.timeLimit(.minutes(5))) func aPolledBotAnswersAndIsSwitchedUnderTraffic() async throws {
        try await Platform.with { platform in
            await platform.process("operator")?.terminate()
            try await platform.startOperator(["--resync-interval", "2s"])
            let bot = try await platform.makeBot("poll")
            try await platform.apply(Platform.manifest("poll", more: Self.polling))
            try await platform.waitFor(.ready, of: "poll", "True/Ready")
            #expect(try await platform.condition(.webhookReady, of: "poll") == "True/Polling")
            #expect(try platform.simulator.state(of: bot.id).webhook == nil)
            let worker = try EchoWorker(BotID(number: bot.id), bootstrapServers: platform.broker.bootstrapServers)

            let crowd = Crowd(platform, bots: [bot])
            try await Self.during(crowd) {
                let answers = await platform.simulator.calls(
                    RecordFilter(bot: bot.id, method: "sendMessage", sentOnly: true), count: 20, within: .seconds(60))
                #expect(answers.count >= 20)
                try await platform.apply(Platform.manifest("poll", more: "  updates: {mode: Webhook}"))
                try await platform.waitFor(.webhookReady, of: "poll", "True/WebhookSet")
                let url = try platform.simulator.state(of: bot.id).webhook?.url
                #expect(url?.hasSuffix("/webhook/bot_\(bot.id)") == true)
                try await Self.more(20, bot, platform)
                try await platform.apply(Platform.manifest("poll", more: Self.polling))
                try await platform.waitFor(.webhookReady, of: "poll", "True/Polling")
                try await Self.more(20, bot, platform)

                // Somebody sets a webhook by hand: it is seen and taken away.
                try await platform.setWebhook(of: bot, "http://127.0.0.1:1/elsewhere")
                try await platform.eventually("an Event tells") {
                    let events = try await platform.controlPlane.kubectl("get", "events", "-n", "bots")
                    return events.contains("DriftRepaired") ? nil : events
                }
                #expect(try platform.simulator.state(of: bot.id).webhook == nil)
            }
            try await crowd.checkUpdates { _ in 0 }
            try await platform.waitFor(.delivering, of: "poll", "True/Delivering")
            try await platform.eventually("the status says that nothing waits") {
                let webhook = try await platform.bot("poll")?.status?.webhook
                return webhook?.pendingUpdates == 0 ? nil : "\(String(describing: webhook))"
            }
            try await worker.stop()

            // Deleted, it is not asked for any more, and what people write stays at Telegram.
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "poll", "-n", "bots", "--timeout=60s")
            try await platform.eventually("it is not polled") {
                try platform.simulator.state(of: bot.id).isPolling ? "still" : nil
            }
            try platform.simulator.write(MessageSpec(bot: bot.id, user: 1, text: "too late"))
            #expect(try platform.simulator.state(of: bot.id).pending == 1)
        }
    }

    /// Two gateways: one of them polls the bot. Killed, it is followed by the other, which goes on without the API server, too.
    /// Nothing is lost.
    @Test(.timeLimit(.minutes(5))) func aKilledPollerIsFollowedByTheOther() async throws {
        try await Platform.with(Platform.Options(startsGateway: false)) { platform in
            // With the rights of the gateway's role, no more.
            let rights = try String(contentsOfFile: "\(Platform.packageRoot)/deploy/demo/rbac.yaml", encoding: .utf8)
            try await platform.apply(rights)
            let token = try await platform.controlPlane.makeServiceAccountToken(
                namespace: "tgs-system", name: "gateway")
            let folder = try TestFolder.make("role")
            defer { TestFolder.remove(folder) }
            try platform.controlPlane.kubeconfigText(token: token, namespace: "tgs-system").write(
                toFile: "\(folder)/kubeconfig", atomically: true, encoding: .utf8)
            let ports = ["gateway": try LoopbackPort.free(), "other": try LoopbackPort.free()]
            for (name, port) in ports {
                try await platform.startGateway(
                    name, port: name == "gateway" ? nil : 0, healthPort: port, kubeconfig: "\(folder)/kubeconfig",
                    more: ["--polling-lease-duration", "5s"])
            }
            let bot = try await platform.makeBot("poll")
            try await platform.apply(Platform.manifest("poll", more: Self.polling))
            try await platform.waitFor(.ready, of: "poll", "True/Ready")

            let poller = try await Self.poller(platform, ports)
            let crowd = Crowd(platform, bots: [bot])
            try await Self.during(crowd) {
                try await Self.more(20, bot, platform)
                for name in ports.keys { #expect(!(try platform.log(name)).contains("somebody else asks")) }
                #expect(try await Self.poller(platform, ports) == poller)
                await platform.process(poller)?.terminate(signal: SIGKILL)
                let next = try await Self.poller(platform, ports)
                #expect(next != poller)
                try await Self.more(20, bot, platform)

                // Without the API server no replica can take anything from another, so all go on.
                platform.controlPlane.freezeAPIServer()
                defer { platform.controlPlane.thawAPIServer() }
                try await platform.eventually("the Leases are missed") {
                    try platform.log(next).contains("the polling Leases cannot be read") ? nil : "no"
                }
                try await Self.more(20, bot, platform)
                platform.controlPlane.thawAPIServer()
                try await platform.eventually("the Leases are there again") {
                    try platform.log(next).contains("the polling Leases are there again") ? nil : "no"
                }
                #expect(try await Self.poller(platform, ports) == next)
                try await Self.more(20, bot, platform)
            }
            // Those that the killed one had put into Kafka and not confirmed: an answer's at the most.
            try await crowd.checkUpdates { _ in 100 }
        }
    }

    /// Two gateways share the bots that are polled, and are killed in turn while people write. What one had put into Kafka and
    /// not confirmed, the other puts there again; nothing else is there twice, and nothing is lost.
    @Test(.timeLimit(.minutes(10))) func gatewaysThatAreKilledInTurnLoseNoUpdateOfTheBotsTheyPoll() async throws {
        try await Platform.with(Platform.Options(startsGateway: false)) { platform in
            let ports = ["gateway": try LoopbackPort.free(), "other": try LoopbackPort.free()]
            func start(_ name: String) async throws {
                try await platform.startGateway(
                    name, port: name == "gateway" ? nil : 0, healthPort: ports[name] ?? 0,
                    more: ["--polling-lease-duration", "5s"])
            }
            for name in ports.keys { try await start(name) }
            let names = (0..<4).map { "poll-\($0)" }
            let bots = try await platform.makeBots(names).map(\.info)
            try await platform.apply(
                names.map { Platform.manifest($0, more: Self.polling) }.joined(separator: "\n---\n"))
            for name in names { try await platform.waitFor(.ready, of: name, "True/Ready") }

            let crowd = Crowd(platform, bots: bots)
            var unconfirmed: [Int64: Int] = [:]
            try await Self.during(crowd) {
                for name in ["gateway", "other", "gateway"] {
                    try await platform.eventually("both poll") {
                        let polled = try await Self.polledBots(platform, ports)
                        return polled.values.reduce(0, +) == bots.count && polled.values.allSatisfy { $0 > 0 }
                            ? nil : "\(polled)"
                    }
                    for bot in bots { try await Self.more(10, bot, platform) }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...400)))
                    await platform.process(name)?.terminate(signal: SIGKILL)
                    // An answer has a hundred at the most.
                    for bot in bots {
                        unconfirmed[bot.id, default: 0] += min(100, try platform.simulator.state(of: bot.id).pending)
                    }
                    try await platform.eventually("the one that is left polls all") {
                        let polled = try await Self.polledBots(platform, ports)
                        return polled.values.reduce(0, +) == bots.count ? nil : "\(polled)"
                    }
                    try await start(name)
                }
            }
            try await crowd.checkUpdates { unconfirmed[$0.id] ?? 0 }
        }
    }

    /// How many bots each gateway that runs polls.
    private static func polledBots(_ platform: Platform, _ ports: [String: UInt16]) async throws -> [String: Int] {
        let http = try HTTPClient()
        var found: [String: Int] = [:]
        for (name, port) in ports where platform.process(name)?.exit == nil {
            let answer = try? await http.execute(HTTPRequest(.get, "http://127.0.0.1:\(port)/metrics"))
            let lines = String(decoding: answer?.body ?? [], as: UTF8.self).split(separator: "\n")
            let line = lines.first { $0.hasPrefix("tgs_gateway_polled_bots ") }
            found[name] = line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? 0
        }
        await http.shutdown()
        return found
    }

    /// The one gateway that polls, of those that run.
    private static func poller(_ platform: Platform, _ ports: [String: UInt16]) async throws -> String {
        let http = try HTTPClient()
        var found: [String] = []
        do {
            try await platform.eventually("one gateway polls the bot") {
                found = []
                for (name, port) in ports where platform.process(name)?.exit == nil {
                    let answer = try await http.execute(HTTPRequest(.get, "http://127.0.0.1:\(port)/metrics"))
                    let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
                    if lines.contains("tgs_gateway_polled_bots 1") { found.append(name) }
                }
                return found.count == 1 ? nil : "\(found)"
            }
        } catch {
            await http.shutdown()
            throw error
        }
        await http.shutdown()
        return found[0]
    }
}
