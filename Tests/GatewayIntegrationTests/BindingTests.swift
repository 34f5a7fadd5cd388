import Foundation
import Gateway
import HTTPClient
import HTTPTypes
import JSON
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TestRig
import Testing

extension GatewayIntegrationTests {
    @Test func bindingsAreFollowedLive() async throws {
        let plane = try await ControlPlane.shared
        try await plane.withNamespace { namespace in
            try await GatewayRig.run { rig in
                let client = try KubernetesClient(try .kubeconfig(text: plane.kubeconfigText()), logger: .silent)
                let bot = try await rig.makeBot(88)
                var settings = rig.settings
                settings.gateway = ObjectKey(namespace: namespace, name: "main")
                let gateway = try RunningGateway(settings, client: client, http: rig.http)
                let result: Result<Void, any Error>
                do {
                    try await Self.follow(rig, gateway, client, bot, namespace)
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                try await gateway.stop()
                await client.shutdown()
                try result.get()
            }
        }
    }

    private static func follow(
        _ rig: GatewayRig, _ gateway: RunningGateway, _ client: KubernetesClient, _ bot: BotInfo, _ namespace: String
    ) async throws {
        let body = Array(#"{"update_id":1,"message":{"chat":{"id":5}}}"#.utf8)
        func status(_ secret: String) async throws -> Int {
            try await rig.post(gateway, "bot_88", body, secret: secret).status.rawValue
        }
        let labels = [
            Labels.component: Labels.bindingComponent, Labels.managedBy: Labels.managedByValue, Labels.gateway: "main",
        ]
        func secret(_ name: String, _ binding: Binding, labels: [String: String]) -> Secret {
            Secret(
                metadata: ObjectMeta(name: name, namespace: namespace, labels: labels), data: binding.secretData)
        }
        try await eventually("it is ready") { gateway.health.notReady == nil }
        #expect(try await status("one") == 404)

        // Someone else's Secrets are none of its business.
        var other = labels
        other[Labels.gateway] = "other"
        _ = try await client.create(secret("other", rig.binding(bot, secrets: ["one"]), labels: other))
        _ = try await client.create(secret("binding", rig.binding(bot, secrets: ["one"]), labels: labels))
        try await eventually("the bot is served") { try await status("one") == 200 }
        #expect(gateway.metrics.bindings.value() == 1)
        try rig.simulator.write(MessageSpec(bot: bot.id, user: 5, text: "hi"))
        try await rig.send(bot, text: "answer", chat: 5)
        #expect(await rig.texts(bot, chat: 5, count: 1) == ["answer"])

        let key = ObjectKey(namespace: namespace, name: "binding")
        func change(_ key: ObjectKey, _ value: String) async throws {
            let data = Data(value.utf8).base64EncodedString()
            _ = try await client.patch(Secret.self, key, .merge(["data": ["webhook_secrets": .string(data)]]))
        }
        try await change(key, "two\none")
        try await eventually("the new secret is good") { try await status("two") == 200 }
        #expect(try await status("one") == 200)
        try await change(key, "two")
        try await eventually("the old secret is not") { try await status("one") == 401 }

        let malformed = gateway.metrics.malformedBindings.value()
        try await change(key, "")
        try await eventually("it is seen") { gateway.metrics.malformedBindings.value() > malformed }
        #expect(try await status("two") == 200)

        try await client.delete(Secret.self, key)
        try await eventually("the bot is gone") { try await status("two") == 404 }
        #expect(gateway.metrics.bindings.value() == 0)
        #expect(gateway.health.notReady == nil)

        // It comes back, and so do its answers.
        try await rig.send(bot, text: "late", chat: 5)
        _ = try await client.create(secret("binding", rig.binding(bot, secrets: ["three"]), labels: labels))
        try await eventually("the bot is served again") { try await status("three") == 200 }
        #expect(await rig.texts(bot, chat: 5, count: 2) == ["answer", "late"])
    }
}
