import Foundation
import KubernetesClient
import KubernetesTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

/// What goes wrong is said in a condition and mends itself when its cause goes.
@Suite(.serialized) struct RecoveryTests {
    @Test(.timeLimit(.minutes(5))) func missingSecretAndWrongToken() async throws {
        try await Platform.with { platform in
            try await platform.apply(Platform.manifest("late"))
            try await platform.waitFor(.tokenValid, of: "late", "False/SecretMissing")
            try await platform.waitFor(.ready, of: "late", "False/SecretMissing")

            try await platform.makeSecret("late", token: "this is no token")
            try await platform.waitFor(.tokenValid, of: "late", "False/TokenMalformed")

            try await platform.makeSecret("late", token: "4242:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
            try await platform.waitFor(.tokenValid, of: "late", "False/TokenRejected")
            // Nothing is made for a bot that nobody has confirmed.
            let key = ObjectKey(namespace: "bots", name: "bot-late")
            #expect(try await platform.client.find(Deployment.self, key) == nil)

            let bot = try platform.simulator.createBot(BotSpec(username: "late_bot"))
            try await platform.makeSecret("late", token: bot.token)
            try await platform.waitFor(.ready, of: "late", "True/Ready")
            // No token in what anybody may read.
            let status = try await platform.controlPlane.kubectl(
                "get", "telegrambot", "late", "-n", "bots", "-o", "yaml")
            let events = try await platform.controlPlane.kubectl("get", "events", "-n", "bots", "-o", "yaml")
            let log = platform.process("operator")?.logTail(lines: 10_000) ?? ""
            for text in [status, events, log] { #expect(!text.contains(bot.token.split(separator: ":")[1])) }
        }
    }

    @Test(.timeLimit(.minutes(5))) func deadBrokerDelaysOnly() async throws {
        try await Platform.with { platform in
            await platform.broker.stop()
            let bot = try await platform.makeBot("patient")
            try await platform.apply(Platform.manifest("patient"))
            try await platform.waitFor(.topicsReady, of: "patient", "False/KafkaUnavailable")
            #expect(try await platform.condition(.tokenValid, of: "patient") == "True/TokenAccepted")
            #expect(try platform.simulator.state(of: bot.id).webhook == nil)
            try await platform.broker.restart()
            try await platform.waitFor(.ready, of: "patient", "True/Ready", within: .seconds(90))
        }
    }

    @Test(.timeLimit(.minutes(5))) func aDeletionWaitsForTheBrokerAndSaysSo() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("leaving")
            try await platform.apply(Platform.manifest("leaving"))
            try await platform.waitFor(.ready, of: "leaving", "True/Ready")
            await platform.broker.stop()
            _ = try await platform.controlPlane.kubectl(
                "delete", "telegrambot", "leaving", "-n", "bots", "--wait=false")
            try await platform.waitFor(.ready, of: "leaving", "False/Deleting")
            // In order: nothing comes in any more while the rest waits.
            #expect(try platform.simulator.state(of: bot.id).webhook == nil)
            try await platform.broker.restart()
            try await platform.eventually("the bot is gone", within: .seconds(90)) {
                try await platform.bot("leaving") == nil ? nil : "still there"
            }
            #expect(try await platform.topics(bot).isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5))) func withoutKEDAThenWith() async throws {
        var options = Platform.Options()
        options.keda = false
        try await Platform.with(options) { platform in
            try await platform.makeBot("plain")
            try await platform.apply(Platform.manifest("plain"))
            try await platform.waitFor(.scalerReady, of: "plain", "False/KEDANotInstalled")
            try await platform.waitFor(.webhookReady, of: "plain", "True/WebhookSet")
            let key = ObjectKey(namespace: "bots", name: "bot-plain")
            #expect(try await platform.client.get(Deployment.self, key).spec.replicas == 1)

            try await platform.installKEDA()
            try await platform.eventually("KEDA is taken up") {
                try await platform.client.find(AnyScaledObject.self, key) == nil ? "no ScaledObject" : nil
            }
            // KEDA says what it thinks of it.
            _ = try await platform.controlPlane.requestSuccessfully(
                "PATCH", "/apis/keda.sh/v1alpha1/namespaces/bots/scaledobjects/bot-plain/status",
                body: #"{"status":{"conditions":[{"type":"Ready","status":"True","reason":"ScaledObjectReady"}]}}"#,
                contentType: "application/merge-patch+json")
            try await platform.waitFor(.scalerReady, of: "plain", "True/Idle")
        }
    }

    @Test(.timeLimit(.minutes(5))) func missingGateway() async throws {
        try await Platform.with { platform in
            try await platform.makeBot("lost")
            try await platform.apply(
                Platform.manifest("lost", more: "  gatewayRef: {name: other, namespace: tgs-system}"))
            try await platform.waitFor(.gatewayReady, of: "lost", "False/GatewayNotFound")
            try await platform.apply(
                Platform.manifest("lost", more: "  gatewayRef: {name: main, namespace: tgs-system}"))
            try await platform.waitFor(.ready, of: "lost", "True/Ready")
        }
    }

    /// Killed again and again at moments of no choice while it makes ten bots, it makes them all in the end, once each.
    @Test(.timeLimit(.minutes(5))) func theOperatorKilledInTheMiddleConverges() async throws {
        try await Platform.with { platform in
            var bots: [(String, BotInfo)] = []
            for number in 0..<10 { bots.append(("killed-\(number)", try await platform.makeBot("killed-\(number)"))) }
            let manifests = bots.map { Platform.manifest($0.0) }.joined(separator: "\n---\n")
            try await platform.apply(manifests)
            for round in 0..<6 {
                try await Task.sleep(for: .milliseconds(150 + 90 * round))
                await platform.process("operator")?.terminate(signal: SIGKILL)
                try await platform.startOperator()
            }
            for (name, bot) in bots {
                try await platform.waitFor(.ready, of: name, "True/Ready")
                #expect(try await platform.owned(name, bot).keys.sorted() == Platform.kinds)
                #expect(try await platform.topics(bot).count == 3)
                let binding = try await platform.client.get(
                    Secret.self, ObjectKey(namespace: "tgs-system", name: BotID(number: bot.id).bindingName))
                #expect(
                    try platform.simulator.state(of: bot.id).webhook?.secretToken
                        == Binding(binding).webhookSecrets.first)
                let key = ObjectKey(namespace: "bots", name: "bot-\(name)")
                #expect(try await platform.client.get(Deployment.self, key).spec.replicas == 0)
            }
        }
    }

    /// Killed once at every step of making and of taking back a bot, it goes on from there and nothing is made twice,
    /// forgotten or left.
    @Test(.timeLimit(.minutes(10))) func theOperatorKilledAtEachStepConverges() async throws {
        try await Platform.with { platform in
            await platform.process("operator")?.terminate()
            let making = [
                "finalizerAdded", "tokenVerified", "topicsClaimed", "topicsCreated", "offsetsCommitted",
                "topicsMarked", "workerSecretWritten", "bindingWritten", "accountWritten", "deploymentCreated",
                "replicasHeld", "deploymentHandedOver", "budgetWritten", "scalerWritten", "webhookSet",
                "statusWritten",
            ]
            let deleting = [
                "webhookRemoved", "scalerDeleted", "budgetDeleted", "deploymentDeleted", "accountDeleted",
                "workerSecretDeleted", "bindingDeleted", "groupDeleted", "topicsDeleted", "finalizerRemoved",
            ]
            func killed(at point: String) async throws {
                try await platform.startOperator(faultPoint: point)
                try await platform.eventually("the operator is killed at \(point)") {
                    platform.process("operator")?.exit == nil ? "it runs" : nil
                }
                try await platform.startOperator()
            }
            var bots: [(name: String, info: BotInfo)] = []
            for point in making {
                let name = "at-\(point.lowercased())"
                let bot = try await platform.makeBot(name)
                bots.append((name, bot))
                try await platform.apply(Platform.manifest(name))
                try await killed(at: point)
                try await platform.waitFor(.ready, of: name, "True/Ready")
                #expect(try await platform.owned(name, bot).keys.sorted() == Platform.kinds, "killed at \(point)")
                #expect(try await platform.topics(bot).count == 3, "killed at \(point)")
                let key = ObjectKey(namespace: "bots", name: "bot-\(name)")
                #expect(try await platform.client.get(Deployment.self, key).spec.replicas == 0, "killed at \(point)")
                let binding = try await platform.client.get(
                    Secret.self, ObjectKey(namespace: "tgs-system", name: BotID(number: bot.id).bindingName))
                #expect(
                    try platform.simulator.state(of: bot.id).webhook?.secretToken
                        == Binding(binding).webhookSecrets.first, "killed at \(point)")
                await platform.process("operator")?.terminate()
            }
            for (point, bot) in zip(deleting, bots) {
                _ = try await platform.controlPlane.kubectl(
                    "delete", "telegrambot", bot.name, "-n", "bots", "--wait=false")
                try await killed(at: point)
                try await platform.eventually("\(bot.name) is gone, killed at \(point)") {
                    try await platform.bot(bot.name) == nil ? nil : "still there"
                }
                #expect(try await platform.owned(bot.name, bot.info).isEmpty, "killed at \(point)")
                #expect(try await platform.topics(bot.info).isEmpty, "killed at \(point)")
                #expect(try platform.simulator.state(of: bot.info.id).webhook == nil, "killed at \(point)")
                await platform.process("operator")?.terminate()
            }
        }
    }
}
