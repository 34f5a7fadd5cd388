import Foundation
import JSON
import KubernetesTypes
import PlatformAPI
import Testing

@testable import Operator

@Suite struct RolloutPlanTests {
    private static let now = RolloutPlan.Time(seconds: 10_000, text: "now")

    private func wish(
        _ image: String = "x:2", template: String = "t2", policy: TelegramBotSpec.FailurePolicy = .rollback
    ) -> RolloutPlan.Wish {
        RolloutPlan.Wish(image: image, template: template, deadline: 600, policy: policy)
    }

    private func pods(_ replicas: Int, ready: Int, isCurrent: Bool = true) -> RolloutPlan.Observed {
        RolloutPlan.Observed(
            isCurrent: isCurrent, replicas: replicas, total: ready, updated: ready, available: ready)
    }

    /// Image x:1 has proved good, x:2 is asked for.
    private var state: TelegramBotStatus.Rollout {
        var state = TelegramBotStatus.Rollout(image: "x:2", template: "t2")
        state.goodImage = "x:1"
        state.goodTemplate = "t1"
        return state
    }

    private func decide(
        _ wish: RolloutPlan.Wish, _ before: TelegramBotStatus.Rollout?, startedAt: Int64? = nil,
        _ observed: RolloutPlan.Observed?
    ) -> RolloutPlan {
        RolloutPlan.decide(wish, before: before, startedAt: startedAt, observed: observed, now: Self.now)
    }

    @Test func aNewBotIsMade() {
        let plan = decide(wish(), nil, nil)
        #expect(plan.image == "x:2" && plan.result == nil && plan.secondsLeft == nil && !plan.hasFailed)
        #expect(plan.state == TelegramBotStatus.Rollout(image: "x:2", template: "t2"))
    }

    @Test func readyWorkersProveAVersionGood() {
        let plan = decide(wish(), state, pods(2, ready: 2))
        #expect(plan.result == .deployed)
        #expect(plan.state.goodImage == "x:2" && plan.state.goodTemplate == "t2")
        // Said once.
        #expect(decide(wish(), plan.state, pods(2, ready: 2)).result == nil)
        // Pods of the version before prove nothing.
        #expect(decide(wish(), state, pods(2, ready: 2, isCurrent: false)).result == nil)
    }

    /// The pod of the version before is there, and ready, until the new one is.
    @Test func aReadyPodOfTheVersionBeforeProvesNothing() {
        let observed = RolloutPlan.Observed(isCurrent: true, replicas: 1, total: 2, updated: 1, available: 1)
        let plan = decide(wish(), state, observed)
        #expect(plan.result == nil && plan.secondsLeft == 600)
    }

    @Test func theDeadlineRunsWhileWorkersAreWaitedFor() {
        let begun = decide(wish(), state, pods(1, ready: 0))
        #expect(begun.secondsLeft == 600 && begun.state.startedAt == "now")
        let later = decide(wish(), begun.state, startedAt: 9_900, pods(1, ready: 0))
        #expect(later.secondsLeft == 500 && later.image == "x:2")
    }

    @Test func asleepNobodyIsWaitedFor() {
        var waiting = state
        waiting.startedAt = "before"
        let plan = decide(wish(), waiting, startedAt: 0, pods(0, ready: 0))
        #expect(plan.state.startedAt == nil && plan.secondsLeft == nil && !plan.hasFailed)
    }

    @Test func aVersionThatMissesItsDeadlineIsRolledBackAndNotTriedAgain() {
        var waiting = state
        waiting.startedAt = "before"
        let plan = decide(wish(), waiting, startedAt: 9_400, pods(1, ready: 0))
        #expect(plan.result == .rolledBack && plan.image == "x:1" && plan.hasFailed)
        #expect(plan.state.failedTemplate == "t2")
        let again = decide(wish(), plan.state, pods(1, ready: 1))
        #expect(again.image == "x:1" && again.hasFailed && again.result == nil)
        // Anything new in the template is tried.
        let changed = decide(wish(template: "t3"), plan.state, pods(1, ready: 0, isCurrent: false))
        #expect(changed.image == "x:2" && !changed.hasFailed && changed.secondsLeft == 600)
    }

    @Test func withoutAVersionToGoBackToItStays() {
        var waiting = TelegramBotStatus.Rollout(image: "x:2", template: "t2")
        waiting.startedAt = "before"
        let first = decide(wish(), waiting, startedAt: 0, pods(1, ready: 0))
        #expect(first.result == .failed && first.image == "x:2" && first.hasFailed)
        waiting.goodImage = "x:1"
        let kept = decide(wish(policy: .keep), waiting, startedAt: 0, pods(1, ready: 0))
        #expect(kept.result == .failed && kept.image == "x:2")
        // It may come right after all.
        let mended = decide(wish(policy: .keep), kept.state, pods(1, ready: 1))
        #expect(mended.result == .deployed && !mended.hasFailed && mended.state.failedTemplate == nil)
    }

    @Test func whatHasProvedGoodIsNotJudgedAgain() {
        var good = state
        good.goodImage = "x:2"
        good.goodTemplate = "t2"
        let plan = decide(wish(), good, pods(5, ready: 1))
        #expect(plan.image == "x:2" && plan.secondsLeft == nil && !plan.hasFailed && plan.state == good)
    }
}

@Suite struct MigrationPlanTests {
    private func status(_ type: String?, succeeded: Int? = nil) throws -> Job.Status {
        let conditions = type.map { #"[{"type":"\#($0)","status":"True","message":"why"}]"# } ?? "[]"
        let count = succeeded.map { ",\"succeeded\":\($0)" } ?? ""
        return try JSONDecoder().decode(
            Job.Status.self, from: Data(#"{"conditions":\#(conditions)\#(count)}"#.utf8))
    }

    @Test func eachStateHasItsStep() throws {
        #expect(MigrationPlan.decide(version: nil, migrated: nil, job: nil) == .proceed)
        #expect(MigrationPlan.decide(version: "v2", migrated: "v2", job: nil) == .proceed)
        #expect(MigrationPlan.decide(version: "v2", migrated: "v1", job: nil) == .create)
        #expect(MigrationPlan.decide(version: "v2", migrated: "v1", job: try status(nil)) == .wait)
        #expect(MigrationPlan.decide(version: "v2", migrated: "v1", job: try status("Complete")) == .succeeded)
        #expect(MigrationPlan.decide(version: "v2", migrated: nil, job: try status(nil, succeeded: 1)) == .succeeded)
        #expect(MigrationPlan.decide(version: "v2", migrated: "v1", job: try status("Failed")) == .failed("why"))
    }

    private func worker(_ image: String, _ migration: TelegramBotSpec.Migration?) -> TelegramBotSpec.Worker {
        TelegramBotSpec.Worker(image: image, migration: migration)
    }

    @Test func anotherImageOrCommandIsAnotherVersion() {
        let versions = [
            MigrationManifest.version(worker("x:1", .init(command: ["migrate"]))),
            MigrationManifest.version(worker("x:2", .init(command: ["migrate"]))),
            MigrationManifest.version(worker("x:2", .init(command: ["migrate", "--all"]))),
            MigrationManifest.version(worker("x:2", .init(command: ["migrate"], args: ["--all"]))),
        ]
        #expect(Set(versions).count == 4 && !versions.contains(nil))
        #expect(MigrationManifest.version(worker("x:1", nil)) == nil)
    }

    @Test func itsNameFits() {
        for length in [1, 38, 39, 50] {
            let bot = Samples.bot { $0.metadata.name = String(repeating: "a", count: length) }
            #expect(MigrationManifest.name(bot, version: "01234567").utf8.count <= 63)
        }
    }

    /// A Deployment counts pods with its selector's labels as its own; sidecars and probes keep a Job from ending.
    @Test func theJobsPodsAreNotTheWorkers() throws {
        let bot = Samples.bot { bot in
            bot.spec.worker?.migration = .init(command: ["migrate"], timeout: "2m", retries: 1)
            bot.spec.worker?.template = [
                "metadata": ["labels": ["team": "shop"]],
                "spec": [
                    "volumes": [["name": "cache", "emptyDir": [:]]],
                    "containers": [
                        ["name": "bot", "readinessProbe": ["exec": [:]], "tty": true], ["name": "side", "image": "y"],
                    ],
                ],
            ]
        }
        let job = try #require(MigrationManifest.job(Samples.context(bot)))
        let json = try JSONDecoder().decode(JSONValue.self, from: Applier.stamped(job).withUnsafeBytes { Data($0) })
        let pod = json["spec"]?["template"]
        #expect(pod?["metadata"]?["labels"]?["telegram-serverless.io/bot"] == nil)
        let containers = try #require(pod?["spec"]?["containers"]?.arrayValue)
        #expect(containers.count == 1)
        #expect(containers[0]["command"] == ["migrate"])
        #expect(containers[0]["tty"] == true)
        #expect(containers[0].objectValue?["readinessProbe"] == nil)
        #expect(pod?["spec"]?["restartPolicy"] == "Never")
        #expect(pod?["spec"]?["volumes"] != nil)
        #expect(json["spec"]?["activeDeadlineSeconds"] == 120 && json["spec"]?["backoffLimit"] == 1)
        #expect(json["metadata"]?["labels"]?["telegram-serverless.io/bot"] == "echo")
    }
}
