import Foundation
import HTTPClient
import HTTPTypes
import KubernetesClient
import KubernetesTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

/// Workers behind the Bot API proxy: the token itself stays with the gateway.
@Suite(.serialized) struct AliasTests {
    private static let worker = ObjectKey(namespace: "bots", name: "bot-echo")

    private func value(_ platform: Platform, _ key: ObjectKey, _ name: String) async throws -> String? {
        try await platform.client.find(Secret.self, key)?.string(name)
    }

    private func apiBaseURL(_ platform: Platform) async throws -> String? {
        let deployment = try await platform.client.find(Deployment.self, Self.worker)
        return deployment?.spec.template.spec.containers.first?.env?.first { $0.name == "TELEGRAM_API_BASE_URL" }?.value
    }

    @Test(.timeLimit(.minutes(5))) func aWorkerBehindTheProxyHasAnAliasOfItsToken() async throws {
        try await Platform.with { platform in
            let proxy = "http://127.0.0.1:\(platform.proxyPort)"
            let bot = try await platform.makeBot("echo")
            let binding = ObjectKey(namespace: "tgs-system", name: BotID(number: bot.id).bindingName)
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            // As ever, where the gateway says nothing of a proxy.
            #expect(try await value(platform, Self.worker, "BOT_TOKEN") == bot.token)
            #expect(try await value(platform, binding, "alias_token") == nil)
            #expect(try await apiBaseURL(platform) == platform.simulator.apiURL)

            try await platform.applyGateway(more: "  botAPIProxy: {url: \"\(proxy)\"}")
            try await platform.eventually("the worker is behind the proxy") {
                let url = try await apiBaseURL(platform)
                return url == proxy ? nil : url ?? "nowhere"
            }
            let alias = try #require(try await value(platform, Self.worker, "BOT_TOKEN"))
            #expect(alias != bot.token)
            #expect(alias.hasPrefix("\(bot.id):") && alias.utf8.count == "\(bot.id):".utf8.count + 35)
            #expect(try await value(platform, binding, "alias_token") == alias)
            #expect(try await value(platform, binding, "token") == bot.token)

            // Good at the proxy, and there alone.
            let http = try HTTPClient()
            func call(_ base: String) async throws -> HTTPStatus {
                try await http.execute(HTTPRequest(.get, "\(base)/bot\(alias)/getMe")).status
            }
            try await platform.eventually("the gateway knows the alias") {
                let status = try await call(proxy)
                return status == .ok ? nil : "\(status)"
            }
            #expect(try await call(platform.simulator.apiURL) == .unauthorized)
            await http.shutdown()

            // It stays, and causes no writes.
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            var before: [String: String] = [:]
            try await platform.eventually("the operator is at rest") {
                before = try await platform.owned("echo", bot)
                try await Task.sleep(for: .seconds(1))
                let now = try await platform.owned("echo", bot)
                return now == before ? nil : "\(now)"
            }
            await platform.process("operator")?.terminate()
            try await platform.startOperator()
            try await platform.eventually("the operator works again") {
                platform.process("operator")?.logTail().contains("reconciling begins") == true ? nil : "not yet"
            }
            try await Task.sleep(for: .seconds(3))
            #expect(try await platform.owned("echo", bot) == before)
            let plan = try await Command(
                Platform.program,
                ["plan", "-f", "-", "--kubeconfig", try platform.controlPlane.kubeconfigPath, "--kafka-timeout", "5s"],
                input: Array(Platform.manifest("echo").utf8), environment: ["PATH": "/usr/bin:/bin"]
            ).run()
            #expect(plan.exit == .code(0), "\(plan.text)")

            // The token's Secret goes first: the worker's copy is no token, the binding has one.
            try await platform.client.delete(Secret.self, ObjectKey(namespace: "bots", name: "echo-token"))
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "echo", "-n", "bots", "--wait=false")
            try await platform.eventually("the bot is gone") { try await platform.bot("echo") == nil ? nil : "there" }
            #expect(try platform.simulator.state(of: bot.id).webhook == nil)
        }
    }
}
