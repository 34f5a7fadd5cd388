import Foundation
import JSON
import KubernetesClient
import KubernetesTypes
import PlatformAPI
import Simulator
import TelegramBotAPI
import TestRig
import Testing

/// `tgs plan` as a person or a pipeline runs it: it says what the operator then does, and writes nothing.
@Suite(.serialized) struct PlanTests {
    /// Somebody who may only read.
    private struct Reader {
        let platform: Platform
        let kubeconfig: String

        struct Outcome {
            let code: Int32
            let text: String
            let errors: String
        }

        init(_ platform: Platform) async throws {
            self.platform = platform
            let token = try await platform.controlPlane.makeServiceAccountToken(namespace: "bots", name: "reader")
            try await platform.apply(
                """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRole
                metadata: {name: plan}
                rules:
                  - {apiGroups: [telegram-serverless.io], resources: ["*"], verbs: [get, list]}
                  - {apiGroups: [""], resources: [secrets, serviceaccounts], verbs: [get, list]}
                  - {apiGroups: [apps], resources: [deployments], verbs: [get, list]}
                  - {apiGroups: [batch], resources: [jobs], verbs: [get, list]}
                  - {apiGroups: [policy], resources: [poddisruptionbudgets], verbs: [get, list]}
                  - {apiGroups: [keda.sh], resources: [scaledobjects], verbs: [get, list]}
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRoleBinding
                metadata: {name: plan}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: plan}
                subjects: [{kind: ServiceAccount, namespace: bots, name: reader}]
                """)
            kubeconfig = try TestFolder.make("plan") + "/kubeconfig"
            try platform.controlPlane.kubeconfigText(token: token).write(
                toFile: kubeconfig, atomically: true, encoding: .utf8)
        }

        /// Plans a text given on standard input.
        func plan(_ yaml: String, _ more: [String] = [], asAdministrator: Bool = false) async throws -> Outcome {
            let file = asAdministrator ? try platform.controlPlane.kubeconfigPath : kubeconfig
            let result = try await Command(
                Platform.program, ["plan", "-f", "-", "--kubeconfig", file, "--kafka-timeout", "5s"] + more,
                input: Array(yaml.utf8), environment: ["PATH": "/usr/bin:/bin"]
            ).run()
            var code: Int32 = -1
            if case .code(let number) = result.exit { code = number }
            return Outcome(code: code, text: result.text, errors: result.diagnostics)
        }
    }

    /// What is in the world, to see that a plan changes nothing of it.
    private func state(_ platform: Platform, _ bot: BotInfo) async throws -> [String: String] {
        var state = try await platform.owned("nova", bot)
        state["TelegramBot"] = try await platform.bot("nova")?.metadata.resourceVersion ?? "none"
        for (topic, partitions) in try await platform.topics(bot) { state[topic] = "\(partitions)" }
        return state
    }

    private func lastCall(_ platform: Platform, _ bot: BotInfo) -> Int64 {
        platform.simulator.calls(RecordFilter(bot: bot.id, sentOnly: false)).last?.sequence ?? 0
    }

    /// Methods called since a point in the record that are no reads.
    private func writes(_ platform: Platform, _ bot: BotInfo, after: Int64) -> [String] {
        platform.simulator.calls(RecordFilter(bot: bot.id, after: after, sentOnly: false)).map(\.method)
            .filter { !$0.hasPrefix("get") }
    }

    private static let more = """
          updates: {allowedUpdates: [message], maxConnections: 20}
          kafka: {config: {retention.ms: "86400000"}}
          profile: {name: Nova, commands: [{command: start, description: Begin}]}
        """

    private static func manifest(_ change: (inout String) -> Void = { _ in }) -> String {
        var text = Platform.manifest("nova", more: more)
        change(&text)
        return text
    }

    @Test(.timeLimit(.minutes(5))) func aPlanSaysWhatApplyDoesAndDoesNothing() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("nova")
            let id = BotID(number: bot.id)
            let reader = try await Reader(platform)

            // A new bot: everything is listed and nothing made.
            let before = try await state(platform, bot)
            var last = lastCall(platform, bot)
            let new = try await reader.plan(Self.manifest())
            #expect(new.code == 2, "\(new)")
            for line in [
                "TelegramBot bots/nova (\(id), @nova_bot) by TelegramGateway tgs-system/main",
                "+ TelegramBot bots/nova", "+ Secret bots/bot-nova", "+ Secret tgs-system/\(id.bindingName)",
                "+ ServiceAccount bots/bot-nova", "+ PodDisruptionBudget bots/bot-nova",
                "+ Deployment bots/bot-nova: image example.org/echo:1, 0 replicas",
                "+ ScaledObject bots/bot-nova: 0 to 3 replicas",
                "+ topic \(id.incomingTopic): 3 partitions, 1 copy", "retention.ms: \"86400000\"",
                "+ topic \(id.outgoingTopic): 1 partition, 1 copy", "+ topic \(id.deadLetterTopic)",
                "profile name: ", "setMyName", "setMyCommands",
                "+ webhook http://127.0.0.1:\(platform.webhookPort)/webhook/\(id)", "allowed_updates: [\"message\"]",
                "not checked by the API server",
                "Plan: 10 to create, 0 to change, 0 to delete; webhook to set; 2 profile calls.",
            ] {
                #expect(new.text.contains(line), "\(line) is not in\n\(new.text)")
            }
            print(new.text)
            #expect(try await state(platform, bot) == before)
            #expect(writes(platform, bot, after: last).isEmpty)

            // Applied, there is nothing left to change.
            try await platform.apply(Self.manifest())
            try await platform.waitFor(.ready, of: "nova", "True/Ready")
            try await platform.waitFor(.profileSynced, of: "nova", "True/ProfileSynced")
            let applied = try await state(platform, bot)
            last = lastCall(platform, bot)
            let same = try await reader.plan(Self.manifest())
            #expect(same.code == 0, "\(same)")
            #expect(same.text.contains("No changes."), "\(same.text)")
            let checked = try await reader.plan(Self.manifest(), asAdministrator: true)
            #expect(checked.code == 0, "\(checked)")
            #expect(!checked.text.contains("not checked"), "\(checked.text)")

            // Changes of all kinds.
            let changed = try await reader.plan(
                Self.manifest { text in
                    for (old, new) in [
                        ("echo:1", "echo:2"), ("maxReplicas: 3", "maxReplicas: 5"), ("86400000", "3600000"),
                        ("[message]", "[message, callback_query]"), ("name: Nova", "name: Supernova"),
                        ("limits: {memory: 64Mi}", "limits: {memory: 65536Ki}"),
                    ] { text = text.replacingOccurrences(of: old, with: new) }
                })
            print(changed.text)
            #expect(changed.code == 2, "\(changed)")
            for line in [
                "~ TelegramBot bots/nova", "spec.worker.image: \"example.org/echo:1\" → \"example.org/echo:2\"",
                "~ Deployment bots/bot-nova",
                "spec.template.spec.containers[bot].image: \"example.org/echo:1\" → \"example.org/echo:2\"",
                "~ ScaledObject bots/bot-nova", "spec.maxReplicaCount: 3 → 5",
                "~ topic \(id.incomingTopic): partitions: 3 → 5", "retention.ms: \"86400000\" → \"3600000\"",
                "allowed_updates: [\"message\"] → [\"message\",\"callback_query\"]",
                "~ profile name: \"Nova\" → \"Supernova\" (setMyName)",
                "Plan: 0 to create, 4 to change, 0 to delete; webhook to set; 1 profile call.",
            ] {
                #expect(changed.text.contains(line), "\(line) is not in\n\(changed.text)")
            }
            // A quantity in another spelling is no change of the Deployment.
            #expect(!changed.text.contains("containers[bot].resources"), "\(changed.text)")

            // What is taken out of the file.
            let less = try await reader.plan(
                Platform.manifest("nova").replacingOccurrences(of: "{cpu: 50m, memory: 32Mi}", with: "{cpu: 50m}"))
            print(less.text)
            for line in [
                "containers[bot].resources.requests.memory: \"32Mi\" → (none)",
                "retention.ms: \"86400000\" → (none)", "- profile commands", "max_connections: 20 → 40",
            ] {
                #expect(less.text.contains(line), "\(line) is not in\n\(less.text)")
            }
            // The gateway asks instead of being sent.
            let polled = try await reader.plan(
                Self.manifest { $0 = $0.replacingOccurrences(of: "maxConnections: 20", with: "mode: Polling") })
            for line in [
                "- webhook http://127.0.0.1:\(platform.webhookPort)/webhook/\(id): the gateway begins to ask for updates",
                "spec.updates.mode: \"Webhook\" → \"Polling\"", "~ Secret tgs-system/\(id.bindingName)",
                "data.update_mode: (changed)", "data.allowed_updates: (changed)",
            ] {
                #expect(polled.text.contains(line), "\(line) is not in\n\(polled.text)")
            }
            #expect(try await state(platform, bot) == applied)
            #expect(writes(platform, bot, after: last).isEmpty)

            // What the operator does then is what was planned: afterwards nothing is left.
            let next = Self.manifest { $0 = $0.replacingOccurrences(of: "maxReplicas: 3", with: "maxReplicas: 5") }
            try await platform.apply(next)
            try await platform.eventually("the change is worked on") {
                let bot = try await platform.bot("nova")
                return bot?.status?.observedGeneration == bot?.metadata.generation ? nil : "not yet"
            }
            try await platform.waitFor(.ready, of: "nova", "True/Ready")
            let done = try await reader.plan(next)
            #expect(done.code == 0, "\(done)")

            // Nobody reads a secret in any of this.
            let binding = try await platform.client.find(
                Secret.self, ObjectKey(namespace: "tgs-system", name: id.bindingName))
            let secret = try #require(binding?.string("webhook_secrets"))
            for outcome in [new, same, checked, changed, less, done] {
                #expect(!outcome.text.contains(bot.token) && !outcome.errors.contains(bot.token))
                #expect(!outcome.text.contains(secret))
                #expect(!outcome.text.contains(Data(bot.token.utf8).base64EncodedString()))
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func aPlanSaysWhereABotWouldStop() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("nova")
            let reader = try await Reader(platform)
            try await platform.apply(Platform.manifest("nova"))
            try await platform.waitFor(.ready, of: "nova", "True/Ready")

            // A second resource with the same bot; its Secret comes with the file.
            let twin = """
                apiVersion: v1
                kind: Secret
                metadata: {name: twin-token, namespace: bots}
                stringData: {token: "\(bot.token)"}
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: other, namespace: bots}
                ---
                \(Platform.manifest("twin"))
                """
            let duplicate = try await reader.plan(twin)
            #expect(duplicate.code == 2, "\(duplicate)")
            for line in [
                "! TokenValid=False DuplicateBot: TelegramBot bots/nova is older",
                "Taken as applied: Secret bots/twin-token", "Passed over: ConfigMap bots/other",
                "Plan: 1 to create, 0 to change, 0 to delete. 1 bot would not be Ready.",
            ] {
                #expect(duplicate.text.contains(line), "\(line) is not in\n\(duplicate.text)")
            }
            #expect(!duplicate.text.contains(bot.token))

            let lonely = try await reader.plan(Platform.manifest("lonely"))
            #expect(lonely.code == 2)
            #expect(
                lonely.text.contains("! TokenValid=False SecretMissing: Secret bots/lonely-token does not exist"),
                "\(lonely.text)")

            // Another gateway in the same file, that Kafka and Telegram cannot be reached by.
            let dead = try LoopbackPort.free()
            let gateway = """
                apiVersion: telegram-serverless.io/v1alpha1
                kind: TelegramGateway
                metadata: {name: far, namespace: tgs-system}
                spec:
                  publicURL: https://far.example.org
                  kafka: {bootstrapServers: "127.0.0.1:\(dead)"}
                  telegram: {apiBaseURL: "http://127.0.0.1:\(dead)"}
                ---

                """
            let moved = try await reader.plan(
                gateway
                    + Platform.manifest("nova", more: "  gatewayRef: {name: far, namespace: tgs-system}"))
            print(moved.text)
            #expect(moved.code == 2)
            #expect(moved.text.contains("by TelegramGateway tgs-system/far"))
            #expect(moved.text.components(separatedBy: "? unknown: ").count == 3, "\(moved.text)")
            #expect(moved.text.contains("2 parts are unknown."))
            #expect(moved.text.contains("\"KAFKA_BROKERS\"") || moved.text.contains("env[KAFKA_BROKERS].value"))

            // Drift that is only reported is no change.
            try await platform.apply(Platform.manifest("nova", more: "  driftPolicy: Report"))
            try await platform.eventually("the change is worked on") {
                let bot = try await platform.bot("nova")
                return bot?.status?.observedGeneration == bot?.metadata.generation ? nil : "not yet"
            }
            _ = try await platform.controlPlane.kubectl(
                "-n", "bots", "patch", "deployment", "bot-nova", "--type=json", "-p",
                #"[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "by-hand:1"}]"#)
            let drifted = try await reader.plan(Platform.manifest("nova", more: "  driftPolicy: Report"))
            #expect(drifted.code == 0, "\(drifted)")
            for line in [
                "= Deployment bots/bot-nova: changed by somebody else, and left so",
                "containers[bot].image: \"by-hand:1\" → \"example.org/echo:1\"", "! Drifted=True DriftFound",
                "No changes.",
            ] {
                #expect(drifted.text.contains(line), "\(line) is not in\n\(drifted.text)")
            }

            // Somebody else has the webhook.
            let other = try await platform.makeBot("other")
            try await platform.setWebhook(of: other, "https://elsewhere.example.org/secret-path")
            let refused = try await reader.plan(Platform.manifest("other"))
            #expect(
                refused.text.contains(
                    "! WebhookReady=False WebhookOwnedElsewhere: Telegram delivers to https://elsewhere.example.org"),
                "\(refused.text)")
            #expect(!refused.text.contains("secret-path"))
        }
    }

    @Test(.timeLimit(.minutes(5))) func aPlanKnowsTheUnusualChanges() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("nova")
            let id = BotID(number: bot.id)
            let reader = try await Reader(platform)
            try await platform.apply(Platform.manifest("nova"))
            try await platform.waitFor(.ready, of: "nova", "True/Ready")
            let applied = try await state(platform, bot)
            let last = lastCall(platform, bot)
            func expect(_ yaml: String, _ lines: [String], not: [String] = []) async throws {
                let outcome = try await reader.plan(yaml)
                #expect(outcome.code == 2, "\(outcome)")
                for line in lines { #expect(outcome.text.contains(line), "\(line) is not in\n\(outcome.text)") }
                for line in not { #expect(!outcome.text.contains(line), "\(line) is in\n\(outcome.text)") }
            }

            // At rest.
            try await expect(
                Platform.manifest("nova", more: "  suspend: \"Off\""),
                [
                    "- webhook http://127.0.0.1:\(platform.webhookPort)/webhook/\(id): the bot is switched off",
                    "~ ScaledObject bots/bot-nova", "annotations[autoscaling.keda.sh/paused-replicas]: \"0\"",
                    "~ Secret tgs-system/\(id.bindingName)", "data.intake: (changed)", "webhook to remove",
                ])
            // Without a worker.
            let nobody = Platform.manifest("nova").components(separatedBy: "\n")
                .filter { !$0.contains("worker:") && !$0.contains("image:") && !$0.contains("resources:") }
                .joined(separator: "\n")
            try await expect(
                nobody,
                [
                    "- Deployment bots/bot-nova", "- ScaledObject bots/bot-nova", "- ServiceAccount bots/bot-nova",
                    "- PodDisruptionBudget bots/bot-nova", "4 to delete",
                ],
                not: ["- Secret"])
            // With a migration before the new image.
            try await expect(
                Platform.manifest("nova").replacingOccurrences(
                    of: "image: example.org/echo:1",
                    with: "image: example.org/echo:2\n    migration: {command: [/migrate]}"),
                ["+ Job bots/bot-nova-migrate-", "~ Deployment bots/bot-nova: once Job bot-nova-migrate-"])
            // A new token of the same bot. The simulator does not know it, so it is refused.
            let token = "\(bot.id):" + String(repeating: "B", count: 35)
            func secret(_ token: String) -> String {
                "{apiVersion: v1, kind: Secret, metadata: {name: nova-token, namespace: bots}, "
                    + "stringData: {token: \"\(token)\"}}\n---\n"
            }
            try await expect(
                secret(token) + Platform.manifest("nova", more: "  deletionPolicy: Retain"),
                ["! TokenValid=False TokenRejected", "spec.deletionPolicy: \"Delete\" → \"Retain\""],
                not: [token, "~ Secret"])
            // Another bot, by mistake and on purpose.
            let other = try await platform.makeBot("other")
            let otherID = BotID(number: other.id)
            let mistake = try await reader.plan(secret(other.token) + Platform.manifest("nova"))
            #expect(mistake.code == 0 && mistake.text.contains("! TokenValid=False BotIdentityChanged"), "\(mistake)")
            try await expect(
                secret(other.token) + Platform.manifest("nova", more: "  botID: \(otherID)"),
                [
                    "TelegramBot bots/nova (\(otherID), @other_bot)", "- Secret tgs-system/\(id.bindingName)",
                    "+ Secret tgs-system/\(otherID.bindingName)", "- topic \(id.incomingTopic)",
                    "+ topic \(otherID.incomingTopic)", "env[BOT_ID].value: \"\(id)\" → \"\(otherID)\"",
                    "template.metadata.annotations[telegram-serverless.io/secret-hash]: (changed)",
                    "+ webhook http://127.0.0.1:\(platform.webhookPort)/webhook/\(otherID)",
                ])
            // Two of one bot in one file: the first has it.
            try await expect(
                """
                \(secret(other.token).replacingOccurrences(of: "nova-token", with: "one-token"))
                \(secret(other.token).replacingOccurrences(of: "nova-token", with: "two-token"))
                \(Platform.manifest("one"))
                ---
                \(Platform.manifest("two"))
                """, ["DuplicateBot: TelegramBot bots/one is older", "1 bot would not be Ready"])
            // To another gateway, in another namespace.
            _ = try await platform.controlPlane.request(
                "POST", "/api/v1/namespaces", body: #"{"metadata":{"name":"far"}}"#)
            try await expect(
                """
                apiVersion: telegram-serverless.io/v1alpha1
                kind: TelegramGateway
                metadata: {name: far, namespace: far}
                spec:
                  publicURL: http://127.0.0.1:1
                  kafka: {bootstrapServers: "\(platform.broker.bootstrapServers)", replicationFactor: 1}
                  telegram: {apiBaseURL: "\(platform.simulator.apiURL)"}
                ---
                \(Platform.manifest("nova", more: "  gatewayRef: {name: far, namespace: far}"))
                """,
                [
                    "+ Secret far/\(id.bindingName)", "- Secret tgs-system/\(id.bindingName): the binding of a gateway",
                    "~ webhook http://127.0.0.1:1/webhook/\(id)",
                    "url: \"http://127.0.0.1:\(platform.webhookPort)/webhook",
                ], not: ["topic"])
            #expect(try await state(platform, bot) == applied)
            #expect(writes(platform, bot, after: last).isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5))) func whatCannotBePlannedEndsWithOne() async throws {
        var options = Platform.Options()
        options.startsOperator = false
        options.startsGateway = false
        options.keda = false
        try await Platform.with(options) { platform in
            _ = try await platform.makeBot("nova")
            let reader = try await Reader(platform)

            let broken = try await reader.plan("a: [")
            #expect(broken.code == 1)
            #expect(broken.errors.contains("standard input cannot be read: line"), "\(broken)")

            let invalid = try await reader.plan(
                Platform.manifest("nova").replacingOccurrences(of: "maxReplicas: 3", with: "maxReplicas: 0"))
            #expect(invalid.code == 1)
            #expect(invalid.errors.contains("spec.scaling.maxReplicas is 0"), "\(invalid)")

            // The schema knows more than the program, where the user may ask it.
            let schema = try await reader.plan(
                Platform.manifest("nova", more: "  updates: {allowedUpdates: [\"No Kind\"]}"), asAdministrator: true)
            #expect(schema.code == 1)
            #expect(schema.errors.contains("the API server refuses TelegramBot bots/nova"), "\(schema)")

            let misspelled = try await reader.plan(Platform.manifest("nova", more: "  profil: {name: Nova}"))
            #expect(misspelled.text.contains("spec.profil is no field"), "\(misspelled)")

            // Without KEDA there is one worker; JSON for programs.
            let json = try await reader.plan(Platform.manifest("nova"), ["--output", "json"])
            #expect(json.code == 2)
            let value = try JSONDecoder().decode(JSONValue.self, from: Data(json.text.utf8))
            #expect(value["version"] == 1)
            #expect(value["hasChanges"] == true)
            #expect(value["summary"]?["create"] == 9)
            let objects = value["bots"]?.arrayValue?.first?["kubernetes"]?.arrayValue ?? []
            #expect(
                objects.map { $0["kind"] } == [
                    "TelegramBot", "Secret", "Secret", "ServiceAccount", "Deployment", "PodDisruptionBudget",
                ])
            #expect(value["bots"]?.arrayValue?.first?["conditions"]?.arrayValue?.first?["reason"] == "KEDANotInstalled")

            // Somebody who may not even read is told so.
            let stranger = try await platform.controlPlane.makeServiceAccountToken(namespace: "bots", name: "stranger")
            let theirs = reader.kubeconfig + "-stranger"
            try platform.controlPlane.kubeconfigText(token: stranger).write(
                toFile: theirs, atomically: true, encoding: .utf8)
            let file = reader.kubeconfig + "-bot.yaml"
            try Platform.manifest("nova").write(toFile: file, atomically: true, encoding: .utf8)
            let forbidden = try await Command(Platform.program, ["plan", "-f", file, "--kubeconfig", theirs]).run()
            #expect(forbidden.exit == .code(1))
            #expect(forbidden.diagnostics.contains("docs/plan.md lists the rights"), "\(forbidden.diagnostics)")

            let unreachable = try await Command(
                Platform.program, ["plan", "-f", "-", "--kubeconfig", "/does/not/exist"]
            ).run()
            #expect(unreachable.exit == .code(1))
        }
    }
}
