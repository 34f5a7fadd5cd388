import Foundation
import KubernetesTypes
import Observability
import PlatformAPI
import Testing

@testable import Operator

@Suite struct AliasTokenTests {
    private static let alias = "42:" + String(repeating: "a", count: 35)

    private func context(proxy: String?, alias: String?) -> WorkerContext {
        var gateway = Samples.gateway
        gateway.spec.botAPIProxy = proxy.map { .init(url: $0) }
        var context = Samples.context(gateway: gateway)
        context.alias = alias.map { Sensitive($0) }
        return context
    }

    private func variable(_ name: String, _ context: WorkerContext) -> String? {
        WorkerManifests.deployment(context)?.spec.template.spec.containers[0].env?.first { $0.name == name }?.value
    }

    private func token(_ context: WorkerContext) -> String? { WorkerManifests.secret(context).string("BOT_TOKEN") }

    @Test func aWorkerBehindTheProxyHasTheAlias() {
        let behind = context(proxy: "http://gateway:8082", alias: Self.alias)
        #expect(token(behind) == Self.alias)
        #expect(variable("TELEGRAM_API_BASE_URL", behind) == "http://gateway:8082")
        // Without a proxy the alias stays in the binding, for pods that still have it.
        let without = context(proxy: nil, alias: Self.alias)
        #expect(token(without) == without.token.token.value)
        #expect(variable("TELEGRAM_API_BASE_URL", without) == "http://simulator:8081")
        let secrets = WebhookSecrets(values: ["s"], tokenFingerprint: nil, request: nil, since: 0)
        for context in [behind, without] {
            let binding = BindingManifest.secret(context, secrets)
            #expect(binding.string("alias_token") == Self.alias)
            #expect(binding.string("token") == context.token.token.value)
        }
    }

    @Test func podsAreReplacedWhenTheirTokenIsAnother() {
        let behind = context(proxy: "http://gateway:8082", alias: Self.alias).secretFingerprint
        let other = "42:" + String(repeating: "b", count: 35)
        #expect(context(proxy: "http://gateway:8082", alias: other).secretFingerprint != behind)
        #expect(context(proxy: nil, alias: Self.alias).secretFingerprint != behind)
        #expect(
            context(proxy: nil, alias: Self.alias).secretFingerprint == Samples.context().secretFingerprint)
        // A new token of the same bot is nothing to them.
        var gateway = Samples.gateway
        gateway.spec.botAPIProxy = .init(url: "http://gateway:8082")
        var rotated = Samples.context(gateway: gateway, token: "42:" + String(repeating: "n", count: 35))
        rotated.alias = Sensitive(Self.alias)
        #expect(rotated.secretFingerprint == behind)
    }

    @Test func anAliasLooksLikeATokenOfItsBot() throws {
        let made = try AliasToken.make(BotID(number: 42)).value
        let parts = made.split(separator: ":")
        #expect(parts.count == 2 && parts[0] == "42" && parts[1].utf8.count == 35)
        #expect(parts[1].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" })
        #expect(try AliasToken.make(BotID(number: 42)).value != made)
    }

    @Test(arguments: [
        (alias, true), ("43" + alias.dropFirst(2), false), (alias + "x", false), ("42:", false), ("", false),
    ])
    func onlyAnAliasOfTheBotIsKept(text: String, isKept: Bool) {
        let binding = Binding(
            botID: BotID(number: 42), owner: "a/b", token: "42:token", webhookSecrets: ["s"], aliasToken: text)
        let secret = Secret(metadata: ObjectMeta(name: "binding-bot-42", namespace: "tgs"), data: binding.secretData)
        #expect(AliasToken.kept(secret)?.value == (isKept ? text : nil))
    }
}
