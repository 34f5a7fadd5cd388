import Foundation
import KubernetesClient
import KubernetesTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

/// Two operators: one works, the other takes over when it is gone, and nothing outside is done twice.
@Suite(.serialized) struct LeaderTests {
    private static let methods = ["getMe", "getWebhookInfo", "setWebhook"]

    private static func start(_ platform: Platform, _ name: String) async throws {
        try await platform.startOperator(
            ["--leader-election", "--identity", name, "--lease-namespace", "tgs-system"], name: name)
    }

    private static func leader(_ platform: Platform) async throws -> String {
        try await platform.controlPlane.kubectl(
            "get", "lease", "telegram-serverless-operator", "-n", "tgs-system", "-o",
            "jsonpath={.spec.holderIdentity}")
    }

    /// How often each method was called for a bot.
    private static func calls(_ platform: Platform, _ bot: BotInfo) -> [String: Int] {
        Dictionary(
            platform.simulator.counts().filter { $0.bot == bot.id && methods.contains($0.method) }
                .map { ($0.method, $0.succeeded + $0.failed) }
        ) { $0 + $1 }
    }

    private static func makeReady(_ platform: Platform, _ name: String, within limit: Duration) async throws -> BotInfo
    {
        let bot = try await platform.makeBot(name)
        try await platform.apply(Platform.manifest(name))
        try await platform.waitFor(.ready, of: name, "True/Ready", within: limit)
        return bot
    }

    @Test(.timeLimit(.minutes(5))) func theOtherLeadsWhenTheLeaderIsKilled() async throws {
        var options = Platform.Options()
        options.startsOperator = false
        try await Platform.with(options) { platform in
            try await Self.start(platform, "first")
            try await platform.eventually("the first leads") {
                try await Self.leader(platform) == "first" ? nil : "nobody"
            }
            try await Self.start(platform, "second")
            let before = try await Self.makeReady(platform, "before", within: .seconds(30))
            let made = Self.calls(platform, before)
            #expect(made["getMe"] == 1 && made["setWebhook"] == 1, "\(made)")

            await platform.process("first")?.terminate(signal: SIGKILL)
            // The Lease lasts 15 seconds, tries come every 2.
            let killed = ContinuousClock.now
            let bot = try await Self.makeReady(platform, "after", within: .seconds(30))
            #expect(ContinuousClock.now - killed < .seconds(25))
            #expect(try await Self.leader(platform) == "second")
            let calls = Self.calls(platform, bot)
            #expect(calls["getMe"] == 1 && calls["setWebhook"] == 1, "\(calls)")
            // The new leader finds the old one's work done.
            #expect(Self.calls(platform, before)["setWebhook"] == 1)
            #expect(Self.calls(platform, before)["getMe"] == 1)
        }
    }

    /// A leader that was stopped (a frozen node) and comes back when another leads does nothing more.
    @Test(.timeLimit(.minutes(5))) func aLeaderThatComesBackTooLateDoesNothing() async throws {
        var options = Platform.Options()
        options.startsOperator = false
        try await Platform.with(options) { platform in
            try await Self.start(platform, "first")
            try await platform.eventually("the first leads") {
                try await Self.leader(platform) == "first" ? nil : "nobody"
            }
            try await Self.start(platform, "second")
            let first = try #require(platform.process("first"))
            first.freeze()
            defer { first.signal(SIGCONT) }
            let bot = try await Self.makeReady(platform, "frozen", within: .seconds(40))
            #expect(try await Self.leader(platform) == "second")
            first.signal(SIGCONT)
            // It sees that it no longer leads, and ends to be started anew as a standby.
            try await platform.eventually("the first gives up") {
                platform.process("first")?.exit == nil ? "it runs" : nil
            }
            let calls = Self.calls(platform, bot)
            #expect(calls["getMe"] == 1 && calls["setWebhook"] == 1, "\(calls)")
            #expect(try await Self.leader(platform) == "second")
        }
    }
}
