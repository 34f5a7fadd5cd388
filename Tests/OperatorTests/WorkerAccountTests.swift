import Foundation
import JSON
import KubernetesTypes
import PlatformAPI
import Testing

@testable import Operator

@Suite struct WorkerAccountTests {
    private func context(_ name: String? = nil, template: JSONValue? = nil) -> WorkerContext {
        Samples.context(
            Samples.bot {
                $0.spec.worker?.serviceAccountName = name
                $0.spec.worker?.template = template
            })
    }

    /// The pod as it is applied.
    private func pod(_ context: WorkerContext) throws -> JSONValue {
        let deployment = try #require(WorkerManifests.deployment(context))
        let json = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(deployment))
        return try #require(json["spec"]?["template"]?["spec"])
    }

    @Test(
        arguments: [
            // worker.serviceAccountName, template.spec, the account, whether it is made
            (nil, nil, "bot-echo", true),
            (nil, ["nodeName": "n"], "bot-echo", true),
            ("mine", nil, "mine", false),
            ("", nil, "bot-echo", true),
            (nil, ["serviceAccountName": "mine"], "mine", false),
            ("mine", ["serviceAccountName": "other"], "other", false),
            (nil, ["serviceAccount": "mine"], "mine", false),
            (nil, ["serviceAccountName": nil], "default", false),
            ("mine", ["serviceAccountName": nil], "default", false),
            ("bot-echo", nil, "bot-echo", true),
        ] as [(String?, JSONValue?, String, Bool)])
    func theAccountIsTheNamedOneOrThePlatforms(
        name: String?, spec: JSONValue?, expected: String, isMade: Bool
    ) throws {
        let context = context(name, template: spec.map { ["spec": $0] })
        #expect((WorkerManifests.serviceAccount(context) != nil) == isMade)
        let pod = try pod(context)
        #expect(pod["serviceAccountName"] == .string(expected))
        #expect(pod["serviceAccount"] == nil)
        // A migration runs as the same.
        var migrating = context.bot
        migrating.spec.worker?.migration = .init()
        let job = try #require(MigrationManifest.job(Samples.context(migrating)))
        let json = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(job))
        #expect(json["spec"]?["template"]?["spec"]?["serviceAccountName"] == .string(expected))
    }

    @Test func noTokenIsMountedUnlessTheOwnerSaysSo() throws {
        #expect(WorkerManifests.serviceAccount(context())?.automountServiceAccountToken == false)
        #expect(try pod(context())["automountServiceAccountToken"] == false)
        #expect(try pod(context("mine"))["automountServiceAccountToken"] == true)
        let template: JSONValue = ["spec": ["automountServiceAccountToken": true]]
        #expect(try pod(context(template: template))["automountServiceAccountToken"] == true)
        #expect(WorkerManifests.serviceAccount(context(template: template))?.automountServiceAccountToken == false)
    }

    @Test func whatIsNoNameIsLeftForTheServerToRefuse() throws {
        #expect(try pod(context(template: ["spec": ["serviceAccountName": 7]]))["serviceAccountName"] == 7)
    }

    @Test func aBotWithoutWorkerHasNoAccount() {
        #expect(WorkerManifests.serviceAccount(Samples.context(Samples.bot { $0.spec.worker = nil })) == nil)
    }

    /// Workers of before had no account: that they get one is no new version of theirs.
    @Test func aVersionThatWasJudgedBeforeStaysJudged() throws {
        let context = context()
        let wanted = try #require(WorkerManifests.deployment(context))
        var before = wanted.spec.template
        before.spec.serviceAccountName = nil
        var state = TelegramBotStatus.Rollout(
            image: "registry/echo:1", template: try Applier.fingerprint(of: before))
        state.goodImage = "registry/echo:0"
        state.goodTemplate = "other"
        state.failedTemplate = state.template
        let now = RolloutPlan.Time(seconds: 10_000, text: "now")
        let failed = try RolloutPlan(context, wanted, nil, before: state, now: now)
        #expect(failed.hasFailed && failed.image == "registry/echo:0" && failed.state == state && failed.result == nil)

        // What has proved good is not judged again while its pods are replaced.
        state.failedTemplate = nil
        state.goodImage = state.image
        state.goodTemplate = state.template
        var stored = try #require(
            try JSONDecoder().decode(JSONValue.self, from: Data(Applier.stamped(wanted))).objectValue)
        var spec = try #require(stored["spec"]?.objectValue)
        spec["replicas"] = 1
        stored["spec"] = .object(spec)
        stored["status"] = ["replicas": 2, "updatedReplicas": 1, "availableReplicas": 1]
        let observed = try ObservedDeployment(json: Array(JSONEncoder().encode(stored)))
        let good = try RolloutPlan(context, wanted, observed, before: state, now: now)
        #expect(!good.hasFailed && good.secondsLeft == nil && good.result == nil && good.state == state)

        // An account that the owner names is another version.
        let named = self.context("mine")
        let other = try RolloutPlan(
            named, try #require(WorkerManifests.deployment(named)), nil, before: state, now: now)
        #expect(other.state.template != state.template)
    }

    /// The account goes when no pod needs it.
    @Test(
        arguments: [
            // isCurrent, replicas, status, whether the account may go
            (true, 0, [:], true),
            (false, 0, [:], false),
            (true, 1, ["observedGeneration": 4, "replicas": 1, "updatedReplicas": 1], true),
            (true, 1, ["observedGeneration": 4, "replicas": 2, "updatedReplicas": 1], false),
            (true, 1, ["observedGeneration": 3, "replicas": 1, "updatedReplicas": 1], false),
            (true, 0, ["observedGeneration": 4, "replicas": 1], false),
        ] as [(Bool, Int64, JSONValue, Bool)])
    func anAccountIsKeptForPodsOfBefore(isCurrent: Bool, replicas: Int64, status: JSONValue, expected: Bool) throws {
        let wanted = try #require(WorkerManifests.deployment(context("mine")))
        let present = isCurrent ? wanted : try #require(WorkerManifests.deployment(context()))
        var stored = try #require(
            try JSONDecoder().decode(JSONValue.self, from: Data(Applier.stamped(present))).objectValue)
        var metadata = try #require(stored["metadata"]?.objectValue)
        metadata["generation"] = 4
        stored["metadata"] = .object(metadata)
        var spec = try #require(stored["spec"]?.objectValue)
        spec["replicas"] = .int(replicas)
        stored["spec"] = .object(spec)
        stored["status"] = status
        let observed = try ObservedDeployment(json: Array(JSONEncoder().encode(stored)))
        #expect(observed.isAll(of: try Applier.stamp(of: wanted)) == expected)
    }
}
