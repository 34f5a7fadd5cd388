import ControllerRuntime
import Foundation
import JSON
import KubernetesTypes
import Observability
import PlatformAPI
import Testing

@testable import Operator

/// What is applied, compared with the files in `Golden`. `UPDATE_GOLDEN=1 swift test --filter OperatorTests` writes them
/// anew; look at the difference before it is committed.
@Suite struct ManifestTests {
    @Test func deploymentIsAsWrittenDown() throws {
        try expect(#require(WorkerManifests.deployment(Samples.context())), toBe: "deployment")
    }

    @Test func deploymentAtItsCreationIsAsWrittenDown() throws {
        try expect(#require(WorkerManifests.deployment(Samples.context(), replicas: 0)), toBe: "deployment-created")
    }

    @Test func secretIsAsWrittenDown() throws {
        try expect(WorkerManifests.secret(Samples.context()), toBe: "secret")
    }

    @Test func scaledObjectIsAsWrittenDown() throws {
        try expect(WorkerManifests.scaledObject(Samples.context()), toBe: "scaledobject")
    }

    @Test func serviceAccountIsAsWrittenDown() throws {
        try expect(#require(WorkerManifests.serviceAccount(Samples.context())), toBe: "serviceaccount")
    }

    @Test func disruptionBudgetIsAsWrittenDownForEachVersion() throws {
        let context = Samples.context()
        let old = try #require(
            DisruptionBudgetForm(.init(PodDisruptionBudget<PolicyV1Beta1>.definition, serverMinor: 20)))
        let new = try #require(
            DisruptionBudgetForm(.init(PodDisruptionBudget<PolicyV1>.definition, serverMinor: 30)))
        try expect(
            #require(WorkerManifests.disruptionBudget(PolicyV1Beta1.self, context, old)),
            toBe: "disruptionbudget-v1beta1")
        try expect(#require(WorkerManifests.disruptionBudget(PolicyV1.self, context, new)), toBe: "disruptionbudget-v1")
    }

    @Test func withKafkasCredentialsAllIsAsWrittenDown() throws {
        let context = try Samples.securedContext()
        try expect(#require(WorkerManifests.deployment(context)), toBe: "secured-deployment")
        try expect(WorkerManifests.secret(context), toBe: "secured-secret")
        try expect(WorkerManifests.scaledObject(context), toBe: "secured-scaledobject")
        try expect(#require(WorkerManifests.triggerAuthentication(context)), toBe: "triggerauthentication")
    }

    @Test func bindingIsAsWrittenDown() throws {
        try expect(BindingManifest.secret(Samples.context(), Samples.secrets(["new", "old"])), toBe: "binding")
    }

    @Test func aBotWithoutWorkerHasNoDeployment() {
        #expect(WorkerManifests.deployment(Samples.context(Samples.bot { $0.spec.worker = nil })) == nil)
    }

    @Test func onlyTheFirstApplyStatesReplicas() throws {
        let created = try #require(WorkerManifests.deployment(Samples.context(), replicas: 2))
        let later = try #require(WorkerManifests.deployment(Samples.context()))
        #expect(created.spec.replicas == 2)
        #expect(created.metadata.annotations?[Annotations.replicasHandedOver] == nil)
        #expect(later.spec.replicas == nil)
        #expect(later.metadata.annotations?[Annotations.replicasHandedOver] == "true")
        #expect(created.spec.template == later.spec.template)
    }

    @Test func aNewTokenRollsTheWorkersAndStandsInNoManifestButItsSecret() throws {
        let old = try #require(WorkerManifests.deployment(Samples.context()))
        let new = try #require(WorkerManifests.deployment(Samples.context(token: "42:BBBB")))
        #expect(old.spec.template != new.spec.template)
        #expect(old.spec.selector == new.spec.selector)
        #expect(try !Samples.pretty(new).contains("BBBB"))
        #expect(WorkerManifests.secret(Samples.context(token: "42:BBBB")).string("BOT_TOKEN") == "42:BBBB")
    }

    @Test(
        arguments: [
            // min, max, partitions, as many as KEDA may start
            (0, 4, nil, 4), (0, 10, 3, 3), (5, 10, 3, 5), (0, 1, 8, 1), (0, 4, 9, 4),
        ] as [(Int, Int, Int?, Int)])
    func noMoreWorkersThanPartitions(min: Int, max: Int, partitions: Int?, expected: Int) {
        let bot = Samples.bot {
            $0.spec.scaling = .init(minReplicas: min, maxReplicas: max)
            $0.spec.kafka = .init(partitions: partitions)
        }
        let spec = WorkerManifests.scaledObject(Samples.context(bot)).spec
        #expect(spec.minReplicaCount == min)
        #expect(spec.maxReplicaCount == expected)
    }

    @Test func theBindingOfABotReadsBack() throws {
        let context = Samples.context()
        let binding = try Binding(BindingManifest.secret(context, Samples.secrets(["s"])))
        #expect(binding.botID == context.botID)
        #expect(binding.owner == "bots/echo")
        #expect(binding.token == context.token.token.value)
        #expect(binding.webhookSecrets == ["s"])
    }

    @Test func aBotWithResultsHasATopicForThemAndItsWorkerAndGatewayKnow() throws {
        let bot = Samples.bot { $0.spec.kafka = .init(results: true) }
        let context = Samples.context(bot)
        let wanted = TopicPlan.wanted(botID: context.botID, bot: bot, gateway: context.gateway)
        #expect(
            wanted.last
                == TopicPlan.Wanted(
                    name: "bot_42_results", partitions: 1, replicationFactor: 3, config: ["retention.ms": "86400000"]))
        #expect(try Binding(BindingManifest.secret(context, Samples.secrets(["s"]))).resultsTopic == "bot_42_results")
        let variables = WorkerManifests.deployment(context)?.spec.template.spec.containers.first?.env ?? []
        #expect(variables.contains { $0.name == "KAFKA_RESULTS_TOPIC" && $0.value == "bot_42_results" })

        let plain = Samples.context()
        #expect(TopicPlan.wanted(botID: plain.botID, bot: plain.bot, gateway: plain.gateway).count == 3)
        let binding = BindingManifest.secret(plain, Samples.secrets(["s"]))
        #expect(binding.data?["results_topic"] == nil)
        #expect(try Binding(binding).resultsTopic == nil)
    }

    @Test func theBindingSaysWhenUpdatesAreAcknowledged() throws {
        func acknowledge(_ bot: Acknowledgement?, _ gateway: Acknowledgement?) throws -> Acknowledgement {
            var given = Samples.gateway
            given.spec.acknowledge = gateway
            let context = Samples.context(
                Samples.bot { $0.spec.updates = .init(acknowledge: bot) }, gateway: given)
            return try Binding(BindingManifest.secret(context, Samples.secrets(["s"]))).acknowledge
        }
        #expect(try acknowledge(nil, nil) == .whenDurable)
        #expect(try acknowledge(nil, .always) == .always)
        #expect(try acknowledge(.whenDurable, .always) == .whenDurable)
        #expect(try acknowledge(.always, nil) == .always)
    }

    private func expect<Object: KubernetesResource>(_ object: Object, toBe name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).json")
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(Applier.stamped(object)))
        let text = try Samples.pretty(json)
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" { try Data(text.utf8).write(to: file) }
        #expect(try text == String(contentsOf: file, encoding: .utf8), "\(file.lastPathComponent) differs")
    }
}

@Suite struct ApplierTests {
    private func digest(_ json: [UInt8]) throws -> LeafDigest { try LeafDigest(json: json) }

    @Test func theSameWishGivesTheSameBytes() throws {
        let first = try Applier.stamped(#require(WorkerManifests.deployment(Samples.context())))
        for _ in 0..<20 {
            #expect(try Applier.stamped(#require(WorkerManifests.deployment(Samples.context()))) == first)
        }
    }

    @Test func whatIsAppliedSaysItsKindAndFingerprint() throws {
        let json = try JSONDecoder().decode(
            JSONValue.self, from: Data(Applier.stamped(WorkerManifests.scaledObject(Samples.context()))))
        #expect(json["apiVersion"] == "keda.sh/v1alpha1")
        #expect(json["kind"] == "ScaledObject")
        #expect(json["metadata"]?["annotations"]?[Annotations.appliedHash]?.stringValue?.count == 16)
    }

    @Test func whatTheServerAddsIsNoDifferenceAndWhatSomebodyChangesIs() throws {
        let wanted = try Applier.stamped(#require(WorkerManifests.deployment(Samples.context())))
        var stored = try #require(try JSONDecoder().decode(JSONValue.self, from: Data(wanted)).objectValue)
        func stays() throws -> Bool {
            try digest(Array(JSONEncoder().encode(stored))).contains(digest(wanted))
        }
        var metadata = try #require(stored["metadata"]?.objectValue)
        metadata["uid"] = "u"
        metadata["resourceVersion"] = "7"
        stored["metadata"] = .object(metadata)
        stored["status"] = ["replicas": 3]
        var spec = try #require(stored["spec"]?.objectValue)
        spec["replicas"] = 3
        spec["strategy"] = ["type": "RollingUpdate"]
        stored["spec"] = .object(spec)
        #expect(try stays())
        spec["revisionHistoryLimit"] = 9
        stored["spec"] = .object(spec)
        #expect(try !stays())
    }

    @Test func aWishThatSaysLessHasAnotherFingerprint() throws {
        let more = try Applier.stamped(#require(WorkerManifests.deployment(Samples.context())))
        let bot = Samples.bot { $0.spec.worker?.args = nil }
        let less = try Applier.stamped(#require(WorkerManifests.deployment(Samples.context(bot))))
        #expect(try !digest(more).contains(digest(less)))
    }
}
