import Foundation
import JSON
import KubernetesTypes
import PlatformAPI
import Testing

@testable import ControllerRuntime
@testable import Operator

@Suite struct DisruptionBudgetTests {
    private let v1 = PodDisruptionBudget<PolicyV1>.definition
    private let beta = PodDisruptionBudget<PolicyV1Beta1>.definition

    private func budget(_ change: (inout TelegramBot) -> Void = { _ in }) throws -> PodDisruptionBudget<PolicyV1>? {
        let form = try #require(DisruptionBudgetForm(.init(v1, serverMinor: 30)))
        return WorkerManifests.disruptionBudget(PolicyV1.self, Samples.context(Samples.bot(change)), form)
    }

    @Test func onlyABotThatMayHaveTwoWorkersHasOne() throws {
        #expect(try budget()?.spec.maxUnavailable == 1)
        #expect(try budget { $0.spec.scaling = .init(maxReplicas: 1) } == nil)
        // Workers beyond the partitions are never started.
        #expect(try budget { $0.spec.kafka = .init(partitions: 1) } == nil)
        #expect(
            try budget {
                $0.spec.scaling = .init(minReplicas: 2, maxReplicas: 3)
                $0.spec.kafka = .init(partitions: 1)
            } != nil)
        #expect(try budget { $0.spec.suspend = .buffer } == nil)
        #expect(try budget { $0.spec.worker = nil } == nil)
    }

    @Test func theServersVersionDecides() throws {
        #expect(DisruptionBudgetForm(nil) == nil)
        #expect(DisruptionBudgetForm(.init(Deployment.definition, serverMinor: 30)) == nil)
        func form(_ definition: ResourceDefinition, _ minor: Int?) throws -> DisruptionBudgetForm {
            try #require(DisruptionBudgetForm(.init(definition, serverMinor: minor)))
        }
        #expect(DisruptionBudgetForm.definitions == [v1, beta])
        #expect(try form(beta, 20).definition == beta)
        #expect(try form(v1, 21).definition == v1)
        // A field that the server does not know is refused with all the rest.
        #expect(try !form(beta, 20).hasEvictionPolicy && !form(v1, 26).hasEvictionPolicy)
        #expect(try !form(v1, nil).hasEvictionPolicy)
        #expect(try form(v1, 27).hasEvictionPolicy)
    }

    private func observed(_ text: String, isBeta: Bool = false) throws -> ObservedDisruptionBudget {
        try ObservedDisruptionBudget(json: Array(text.utf8), isBeta: isBeta)
    }

    @Test func ofOursTheDigestIsKeptAndOfOthersTheSelector() throws {
        let wanted = try #require(try budget())
        let own = try ObservedDisruptionBudget(json: Applier.stamped(wanted), isBeta: false)
        #expect(own.digest?.contains(try LeafDigest(json: Applier.stamped(wanted))) == true)
        #expect(!own.isForeign(selecting: Samples.context().podLabels))

        let selector = #""selector":{"matchLabels":{"app.kubernetes.io/name":"telegram-bot"}}"#
        let foreign = try observed(#"{"metadata":{"name":"mine"},"spec":{"minAvailable":1,\#(selector)}}"#)
        #expect(foreign.digest == nil)
        #expect(foreign.isForeign(selecting: Samples.context().podLabels))
        #expect(!foreign.isForeign(selecting: ["app": "other"]))
        // Somebody's copy of one of ours, under another name, is not ours.
        let copy = #"{"app.kubernetes.io/managed-by":"telegram-serverless","telegram-serverless.io/bot":"echo"}"#
        #expect(
            try observed(#"{"metadata":{"name":"copy","labels":\#(copy)},"spec":{\#(selector)}}"#).digest == nil)
    }

    @Test func anEmptySelectorMeansAllOrNothing() throws {
        let all = #"{"metadata":{"name":"mine"},"spec":{"selector":{}}}"#
        #expect(try observed(all).isForeign(selecting: ["a": "b"]))
        #expect(try !observed(all, isBeta: true).isForeign(selecting: ["a": "b"]))
        #expect(try !observed(#"{"metadata":{"name":"mine"},"spec":{}}"#).isForeign(selecting: ["a": "b"]))
    }

    @Test func somebodyElsesForTheSamePodsIsFound() throws {
        let stores = BotStores()
        let own = ObjectKey(namespace: "bots", name: "bot-echo")
        func put(_ namespace: String, _ name: String, _ app: String) throws {
            let text =
                #"{"metadata":{"name":"\#(name)"},"spec":{"selector":{"matchLabels":{"app":"\#(app)"}}}}"#
            _ = stores.disruptionBudgets.upsert(
                ObjectKey(namespace: namespace, name: name), resourceVersion: "1", try observed(text))
        }
        func found() -> String? { stores.foreignBudget(selecting: ["app": "echo"], besides: own)?.description }
        try put("bots", "other", "other")
        try put("elsewhere", "a", "echo")
        // One of our own name is a matter of adoption.
        try put("bots", "bot-echo", "echo")
        #expect(found() == nil)
        try put("bots", "b", "echo")
        try put("bots", "a", "echo")
        #expect(found() == "bots/a")
        let wanted = try #require(try budget())
        let ours = try ObservedDisruptionBudget(json: Applier.stamped(wanted), isBeta: false)
        _ = stores.disruptionBudgets.upsert(own, resourceVersion: "2", ours)
        #expect(found() == "bots/a")
    }

    @Test func theTemplatesLabelsCount() {
        let context = Samples.context(
            Samples.bot {
                $0.spec.worker?.template = [
                    "metadata": ["labels": ["team": "shop", "app.kubernetes.io/name": nil]]
                ]
            })
        #expect(context.podLabels["team"] == "shop")
        #expect(context.podLabels["app.kubernetes.io/name"] == nil)
        #expect(context.podLabels[Labels.bot] == "echo")
    }

    @Test func oneOfOurNameIsTakenOverOnlyOnRequestAndOnlyWhenThatWorks() throws {
        let wanted = try #require(try budget())
        var found = wanted
        let owner = Samples.bot()
        #expect(
            Adoption.disruptionBudget(wanted, found: found, bot: owner)?.reason == "DisruptionBudgetNotOwned")
        let taker = Samples.bot { $0.spec.adoptionPolicy = .always }
        #expect(Adoption.disruptionBudget(wanted, found: found, bot: taker) == nil)
        found.spec.minAvailable = 1
        #expect(
            Adoption.disruptionBudget(wanted, found: found, bot: taker)?.reason == "DisruptionBudgetNotAdoptable")
        found = wanted
        found.spec.selector = LabelQuery(matchLabels: ["app": "x"])
        #expect(
            Adoption.disruptionBudget(wanted, found: found, bot: taker)?.reason == "DisruptionBudgetNotAdoptable")
    }
}

/// What each bot's objects cost the operator in memory.
@Suite struct ObservedSizeTests {
    /// 10,000 bots: each hundred bytes is a megabyte.
    @Test func accountAndBudgetAreSmall() throws {
        let context = Samples.context(
            Samples.bot { $0.metadata.uid = "0f8fad5b-d9cb-469f-a165-70867728950e" })
        let form = try #require(
            DisruptionBudgetForm(.init(PodDisruptionBudget<PolicyV1>.definition, serverMinor: 30)))
        let account = try LeafDigest(json: Applier.stamped(#require(WorkerManifests.serviceAccount(context))))
        let budget = try LeafDigest(
            json: Applier.stamped(#require(WorkerManifests.disruptionBudget(PolicyV1.self, context, form))))
        #expect(account.byteCount <= 128, "\(account.byteCount) bytes")
        #expect(budget.byteCount <= 144, "\(budget.byteCount) bytes")
        #expect(MemoryLayout<ObservedDisruptionBudget>.size <= 24)
    }
}
