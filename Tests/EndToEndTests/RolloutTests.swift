import Foundation
import KubernetesClient
import KubernetesTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

/// New versions of a worker: migration, deadline, rollback, history. No controller of Deployments and Jobs runs in this rig,
/// so the tests write what those would say.
@Suite(.serialized) struct RolloutTests {
    private static let deployment = ObjectKey(namespace: "bots", name: "bot-echo")

    private static func manifest(_ image: String, _ more: String) -> String {
        """
        apiVersion: telegram-serverless.io/v1alpha1
        kind: TelegramBot
        metadata: {name: echo, namespace: bots}
        spec:
          tokenSecretRef: {name: echo-token}
          scaling: {minReplicas: 1, maxReplicas: 2}
          worker:
            image: \(image)
        \(more)
        """
    }

    private static func image(_ platform: Platform) async throws -> String? {
        try await platform.client.find(Deployment.self, deployment)?.spec.template.spec.containers.first?.image
    }

    /// What the Deployment's controller says when `ready` pods of the present template are there.
    private static func pods(_ platform: Platform, ready: Int) async throws {
        // The last step of its making changes an annotation, and with it the generation.
        var generation: Int64 = 0
        try await platform.eventually("the Deployment is made to its end") {
            let metadata = try await platform.client.get(Deployment.self, deployment).metadata
            generation = metadata.generation ?? 0
            return metadata.annotations?[Annotations.replicasHandedOver] == "true" ? nil : "not yet"
        }
        _ = try await platform.controlPlane.requestSuccessfully(
            "PATCH", "/apis/apps/v1/namespaces/bots/deployments/bot-echo/status",
            body: """
                {"status":{"observedGeneration":\(generation),"replicas":1,"updatedReplicas":1,
                 "readyReplicas":\(ready),"availableReplicas":\(ready),"unavailableReplicas":\(1 - ready)}}
                """, contentType: "application/merge-patch+json")
    }

    private static func history(_ platform: Platform) async throws -> [String] {
        (try await platform.bot("echo")?.status?.history ?? []).map { "\($0.image) \($0.result.rawValue)" }
    }

    @Test(.timeLimit(.minutes(5))) func aVersionThatMissesItsDeadlineIsRolledBack() async throws {
        try await Platform.with { platform in
            try await platform.makeBot("echo")
            let rollout = "    rollout: {deadline: 5s}"
            try await platform.apply(Self.manifest("example.org/echo:1", rollout))
            try await platform.eventually("the Deployment is there") {
                try await Self.image(platform) == "example.org/echo:1" ? nil : "not yet"
            }
            try await Self.pods(platform, ready: 1)
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            #expect(try await Self.history(platform) == ["example.org/echo:1 Deployed"])

            try await platform.apply(Self.manifest("example.org/echo:2", rollout))
            try await platform.eventually("the new image is tried") {
                try await Self.image(platform) == "example.org/echo:2" ? nil : "not yet"
            }
            try await Self.pods(platform, ready: 0)
            // The deadline outlasts a restart of the operator.
            await platform.process("operator")?.terminate(signal: SIGKILL)
            try await platform.startOperator()
            try await platform.waitFor(.workloadReady, of: "echo", "False/RolledBack")
            #expect(try await Self.image(platform) == "example.org/echo:1")
            #expect(
                try await Self.history(platform) == ["example.org/echo:2 RolledBack", "example.org/echo:1 Deployed"])
            try await Self.pods(platform, ready: 1)
            // It stays so, and says that somebody must do something.
            try await Task.sleep(for: .seconds(2))
            #expect(try await Self.image(platform) == "example.org/echo:1")
            #expect(try await platform.condition(.stalled, of: "echo") == "True/RolledBack")

            try await platform.apply(Self.manifest("example.org/echo:3", rollout))
            try await platform.eventually("the next image is tried") {
                try await Self.image(platform) == "example.org/echo:3" ? nil : "not yet"
            }
            try await Self.pods(platform, ready: 1)
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            #expect(try await Self.history(platform).first == "example.org/echo:3 Deployed")
        }
    }

    @Test(.timeLimit(.minutes(5))) func aMigrationComesBeforeANewImage() async throws {
        try await Platform.with { platform in
            try await platform.makeBot("echo")
            let migration = "    migration: {command: [migrate], timeout: 1m}"
            try await platform.apply(Self.manifest("example.org/echo:1", migration))
            try await platform.waitFor(.workloadReady, of: "echo", "False/Migrating")
            // Nothing rolls out, and nothing is let in, before it has succeeded.
            #expect(try await Self.image(platform) == nil)
            try await Self.finish(platform, image: "example.org/echo:1", "Complete")
            try await platform.eventually("the worker is made") {
                try await Self.image(platform) == "example.org/echo:1" ? nil : "not yet"
            }
            try await Self.pods(platform, ready: 1)
            try await platform.waitFor(.ready, of: "echo", "True/Ready")

            // A migration that fails leaves the version before at work.
            try await platform.apply(Self.manifest("example.org/echo:2", migration))
            try await platform.waitFor(.workloadReady, of: "echo", "Unknown/Migrating")
            #expect(try await Self.image(platform) == "example.org/echo:1")
            try await Self.finish(platform, image: "example.org/echo:2", "Failed")
            try await platform.waitFor(.ready, of: "echo", "False/MigrationFailed")
            #expect(try await platform.condition(.stalled, of: "echo") == "True/MigrationFailed")
            #expect(try await Self.image(platform) == "example.org/echo:1")
            #expect(try await Self.history(platform).first == "example.org/echo:2 MigrationFailed")

            // Deleted, the Job runs again.
            _ = try await platform.controlPlane.kubectl(
                "delete", "job", "-n", "bots", try await Self.job(platform, image: "example.org/echo:2"))
            try await Self.finish(platform, image: "example.org/echo:2", "Complete")
            try await platform.eventually("the new image rolls out") {
                try await Self.image(platform) == "example.org/echo:2" ? nil : "not yet"
            }
            try await Self.pods(platform, ready: 1)
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            // Only the last Job is kept, and it goes with the bot.
            #expect(try await platform.client.list(Job.self, namespace: "bots").items.count == 1)
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "echo", "-n", "bots", "--timeout=60s")
            #expect(try await platform.client.list(Job.self, namespace: "bots").items.isEmpty)
        }
    }

    private static func job(_ platform: Platform, image: String) async throws -> String {
        var found = ""
        try await platform.eventually("the Job for \(image) is there") {
            let jobs = try await platform.client.list(Job.self, namespace: "bots").items
            guard
                let job = jobs.first(where: {
                    $0.spec.template.spec.containers.first?.image == image && $0.metadata.deletionTimestamp == nil
                        && ($0.status?.conditions ?? []).isEmpty
                }) ?? jobs.first(where: { $0.spec.template.spec.containers.first?.image == image })
            else { return "none" }
            found = job.metadata.name ?? ""
            return nil
        }
        return found
    }

    /// What the Job's controller says at its end.
    private static func finish(_ platform: Platform, image: String, _ condition: String) async throws {
        let name = try await job(platform, image: image)
        let count = condition == "Complete" ? "succeeded" : "failed"
        _ = try await platform.controlPlane.requestSuccessfully(
            "PATCH", "/apis/batch/v1/namespaces/bots/jobs/\(name)/status",
            body:
                #"{"status":{"\#(count)":1,"conditions":[{"type":"\#(condition)","status":"True","message":"as said"}]}}"#,
            contentType: "application/merge-patch+json")
    }
}
