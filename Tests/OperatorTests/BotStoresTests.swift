import Foundation
import KubernetesTypes
import PlatformAPI
import Testing

@testable import ControllerRuntime
@testable import Operator

@Suite struct BotStoresTests {
    private let stores = BotStores()
    private let botID = BotID(number: 42)

    @discardableResult
    private func put(
        _ name: String, created: String = "2024-01-01T00:00:00Z", uid: String? = nil, botID: String? = "bot_42",
        namespace: String = "bots", _ change: (inout TelegramBot) -> Void = { _ in }
    ) -> TelegramBot {
        let bot = Samples.bot {
            $0.metadata.name = name
            $0.metadata.namespace = namespace
            $0.metadata.creationTimestamp = created
            $0.metadata.uid = uid ?? name
            var status = TelegramBotStatus()
            status.botID = botID
            $0.status = status
            change(&$0)
        }
        _ = stores.bots.upsert(bot.key, resourceVersion: "1", bot)
        return bot
    }

    @Test func theOldestKeepsTheBot() {
        let young = put("young", created: "2024-03-01T00:00:00Z")
        let old = put("old", created: "2024-01-01T00:00:00Z")
        let middle = put("middle", created: "2024-02-01T00:00:00Z", namespace: "elsewhere")
        put("other", created: "2020-01-01T00:00:00Z", botID: "bot_43")
        put("unknown", created: "2020-01-01T00:00:00Z", botID: nil)
        #expect(stores.elder(of: old, botID: botID) == nil)
        #expect(stores.elder(of: middle, botID: botID) == old.key)
        #expect(stores.elder(of: young, botID: botID) == old.key)
    }

    @Test func ofTwoOfTheSameSecondOneIsTheElder() {
        let a = put("a", uid: "2")
        let b = put("b", uid: "1")
        #expect(stores.elder(of: a, botID: botID) == b.key)
        #expect(stores.elder(of: b, botID: botID) == nil)
    }

    @Test func botsAreFoundByTheirSecretTheirGatewayAndTheirID() {
        let byDefault = put("a")
        let own = put("b", botID: "bot_43") {
            $0.spec.gatewayRef = .init(name: "g")
            $0.spec.tokenSecretRef.name = "mine"
        }
        let far = put("c", botID: nil) { $0.spec.gatewayRef = .init(name: "g", namespace: "tgs") }
        func keys(_ index: String, _ entry: String) -> [ObjectKey] { stores.bots.keys(in: index, at: entry).sorted() }
        #expect(keys(BotStores.Index.gateway, "") == [byDefault.key])
        #expect(keys(BotStores.Index.gateway, "bots/g") == [own.key])
        #expect(keys(BotStores.Index.gateway, "tgs/g") == [far.key])
        #expect(keys(BotStores.Index.tokenSecret, "bots/echo-token") == [byDefault.key, far.key])
        #expect(keys(BotStores.Index.tokenSecret, "bots/mine") == [own.key])
        #expect(keys(BotStores.Index.botID, "bot_43") == [own.key])
    }

    @Test func theDefaultGatewayIsTheOldestOfThoseMarked() {
        func put(_ name: String, _ created: String, isDefault: Bool) {
            var gateway = Samples.gateway
            gateway.metadata.name = name
            gateway.metadata.creationTimestamp = created
            if isDefault { gateway.metadata.annotations = [Annotations.defaultGateway: "true"] }
            _ = stores.gateways.upsert(gateway.key, resourceVersion: "1", gateway)
        }
        put("oldest", "2020-01-01T00:00:00Z", isDefault: false)
        #expect(stores.defaultGateway == nil)
        put("b", "2024-01-01T00:00:00Z", isDefault: true)
        put("a", "2024-01-01T00:00:00Z", isDefault: true)
        put("later", "2024-02-01T00:00:00Z", isDefault: true)
        #expect(stores.defaultGateway?.metadata.name == "a")
    }

    @Test func bindingsAreFoundByTheirOwner() throws {
        var binding = BindingManifest.secret(Samples.context(), Samples.secrets(["new", "old"]))
        binding.metadata.uid = "u"
        binding.metadata.resourceVersion = "5"
        let observed = try ObservedSecret(json: Array(JSONEncoder().encode(binding)))
        #expect(observed.owner == "bots/echo")
        #expect(observed.webhookSecrets == Samples.secrets(["new", "old"]))
        #expect(observed.digest != nil)
        _ = stores.secrets.upsert(binding.key, resourceVersion: "5", observed)
        #expect(stores.secrets.keys(in: BotStores.Index.owner, at: "bots/echo") == [binding.key])
    }

    @Test func nothingIsKeptOfSecretsOfOthers() throws {
        let secret = Secret(
            metadata: ObjectMeta(name: "echo-token", annotations: [Annotations.owner: "bots/echo"]),
            data: ["token": Data("42:secret".utf8)])
        let observed = try ObservedSecret(json: Array(JSONEncoder().encode(secret)))
        #expect(observed.owner == nil && observed.digest == nil && observed.webhookSecrets == nil)
    }

    @Test func aBrokenBindingHasNoSecretsToKeep() throws {
        var binding = BindingManifest.secret(Samples.context(), Samples.secrets(["s"]))
        binding.data?["token"] = nil
        let observed = try ObservedSecret(json: Array(JSONEncoder().encode(binding)))
        #expect(observed.webhookSecrets == nil)
        #expect(observed.owner == "bots/echo")
    }

    @Test func theWorkersSecretTellsItsTokenByFingerprint() throws {
        let context = Samples.context()
        let observed = try ObservedSecret(json: Array(JSONEncoder().encode(WorkerManifests.secret(context))))
        #expect(observed.tokenFingerprint == context.token.fingerprint)
        #expect(observed.bot == "echo")
        #expect(!"\(context.token)".contains("AAAA"))
    }
}
