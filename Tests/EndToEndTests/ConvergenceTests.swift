import Foundation
import JSON
import KafkaClient
import KubernetesClient
import KubernetesTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

/// What the operator makes of a TelegramBot, against the real API server and broker.
@Suite(.serialized) struct ConvergenceTests {
    @Test(.timeLimit(.minutes(5))) func aBotIsMadeKeptAndTakenBack() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            let id = BotID(number: bot.id)
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")

            // Everything exists.
            var before = try await platform.owned("echo", bot)
            #expect(before.keys.sorted() == Platform.kinds)
            #expect(
                try await platform.topics(bot)
                    == [id.incomingTopic: 3, id.outgoingTopic: 1, id.deadLetterTopic: 1])
            let partitions = (0..<3).map { TopicPartition(topic: id.incomingTopic, partition: Int32($0)) }
            #expect(
                try await platform.admin.committedOffsets(group: id.workerGroup, partitions)
                    == Dictionary(uniqueKeysWithValues: partitions.map { ($0, 0) }))
            let state = try platform.simulator.state(of: bot.id)
            #expect(state.webhook?.url == "http://127.0.0.1:\(platform.webhookPort)/webhook/\(id)")
            #expect((state.webhook?.secretToken.count ?? 0) >= 32)
            let status = try await platform.bot("echo")?.status
            #expect(status?.botID == id.description)
            #expect(status?.username == "echo_bot")
            for type in [ConditionType.tokenValid, .gatewayReady, .topicsReady, .workloadReady, .webhookReady] {
                #expect(try await platform.condition(type, of: "echo")?.hasPrefix("True/") == true, "\(type)")
            }
            // No pod starts by accident, and the number of replicas is nobody's of ours.
            let key = ObjectKey(namespace: "bots", name: "bot-echo")
            #expect(try await platform.client.find(Deployment.self, key)?.spec.replicas == 0)
            let table = try await platform.controlPlane.kubectl("get", "telegrambots", "-n", "bots")
            #expect(table.contains("echo_bot") && table.contains("True"), "\(table)")

            // The same apply again, and a restart of the operator, write nothing.
            try await platform.eventually("the objects have come to rest") {
                let now = try await platform.owned("echo", bot)
                defer { before = now }
                try await Task.sleep(for: .seconds(1))
                return now == before ? nil : "\(now)"
            }
            let version = try await platform.bot("echo")?.metadata.resourceVersion
            try await platform.apply(Platform.manifest("echo"))
            await platform.process("operator")?.terminate()
            try await platform.startOperator()
            try await platform.eventually("the operator works again") {
                platform.process("operator")?.logTail().contains("reconciling begins") == true ? nil : "not yet"
            }
            try await Task.sleep(for: .seconds(3))
            #expect(try await platform.owned("echo", bot) == before)
            #expect(try await platform.bot("echo")?.metadata.resourceVersion == version)

            // Deleted, all of it is gone.
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "echo", "-n", "bots", "--timeout=60s")
            #expect(try await platform.bot("echo") == nil)
            #expect(try await platform.owned("echo", bot).isEmpty)
            #expect(try await platform.topics(bot).isEmpty)
            #expect(try platform.simulator.state(of: bot.id).webhook == nil)
        }
    }

    @Test(.timeLimit(.minutes(5))) func theTemplateAndFeaturesReachTheWorker() async throws {
        try await Platform.with { platform in
            try await platform.makeBot("shaped")
            try await platform.apply(
                """
                apiVersion: telegram-serverless.io/v1alpha1
                kind: TelegramBot
                metadata: {name: shaped, namespace: bots}
                spec:
                  tokenSecretRef: {name: shaped-token}
                  features: {newMenu: true, dark-mode: false}
                  worker:
                    image: example.org/echo:1
                    template:
                      metadata: {labels: {team: shop}}
                      spec:
                        tolerations: [{key: spot, operator: Exists}]
                        containers:
                          - {name: bot, volumeMounts: [{name: cache, mountPath: /cache}]}
                          - {name: side, image: example.org/side:1}
                        volumes: [{name: cache, emptyDir: {}}]
                """)
            try await platform.waitFor(.ready, of: "shaped", "True/Ready")
            let found = try await platform.controlPlane.kubectl(
                "get", "deployment", "bot-shaped", "-n", "bots", "-o",
                "jsonpath={.spec.template.metadata.labels.team} {.spec.template.spec.tolerations[0].key} "
                    + "{.spec.template.spec.containers[*].name} {.spec.template.spec.containers[0].volumeMounts[0].mountPath} "
                    + "{.spec.template.spec.containers[0].env[?(@.name==\"FEATURE_NEWMENU\")].value} "
                    + "{.spec.template.spec.containers[0].env[?(@.name==\"FEATURE_DARK_MODE\")].value}")
            #expect(found == "shop spot bot side /cache true false")
            // What the API server refuses is said, and mended by a change.
            let refused =
                #"[{"op":"add","path":"/spec/worker/template/spec/volumes/0/hostPath","value":{"path":"/x"}}]"#
            _ = try await platform.controlPlane.kubectl(
                "patch", "telegrambot", "shaped", "-n", "bots", "--type=json", "-p", refused)
            try await platform.waitFor(.workloadReady, of: "shaped", "False/DeploymentRefused")
            _ = try await platform.controlPlane.kubectl(
                "patch", "telegrambot", "shaped", "-n", "bots", "--type=json", "-p",
                #"[{"op":"remove","path":"/spec/worker/template"}]"#)
            try await platform.waitFor(.ready, of: "shaped", "True/Ready")
        }
    }

    @Test(.timeLimit(.minutes(5))) func handEditsArePutBack() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("drift")
            try await platform.apply(Platform.manifest("drift"))
            try await platform.waitFor(.ready, of: "drift", "True/Ready")
            let key = ObjectKey(namespace: "bots", name: "bot-drift")
            let kubectl = platform.controlPlane

            _ = try await kubectl.kubectl(
                "set", "image", "deployment/bot-drift", "bot=example.org/other:2", "-n", "bots")
            try await platform.eventually("the image is put back") {
                let image = try await platform.client.get(Deployment.self, key).spec.template.spec.containers.first?
                    .image
                return image == "example.org/echo:1" ? nil : image
            }
            _ = try await kubectl.kubectl(
                "patch", "scaledobject", "bot-drift", "-n", "bots", "--type=merge", "-p",
                #"{"spec":{"maxReplicaCount":99}}"#)
            try await platform.eventually("the ScaledObject is put back") {
                let maximum = try await platform.client.get(AnyScaledObject.self, key).spec?.maxReplicaCount
                return maximum == 3 ? nil : "\(maximum ?? -1)"
            }
            // The webhook's secret outlives the loss of everything else in the binding.
            let binding = BotID(number: bot.id).bindingName
            _ = try await kubectl.kubectl("delete", "deployment", "bot-drift", "-n", "bots")
            _ = try await kubectl.kubectl("delete", "secret", binding, "-n", "tgs-system")
            try await platform.eventually("Deployment and binding are made again") {
                let owned = try await platform.owned("drift", bot)
                return owned.count == Platform.kinds.count ? nil : "\(owned)"
            }
            try await platform.eventually("Telegram knows the new binding's secret") {
                let secret = try await platform.client.get(
                    Secret.self, ObjectKey(namespace: "tgs-system", name: binding))
                let wanted = try Binding(secret).webhookSecrets.first
                let told = try platform.simulator.state(of: bot.id).webhook?.secretToken
                return wanted == told ? nil : "they differ"
            }
            // A person's number of replicas is left alone.
            _ = try await kubectl.kubectl("scale", "deployment/bot-drift", "--replicas=2", "-n", "bots")
            try await platform.apply(Platform.manifest("drift", more: "  deletionPolicy: Retain"))
            try await platform.eventually("the change is seen") {
                let bot = try await platform.bot("drift")
                return bot?.status?.observedGeneration == bot?.metadata.generation ? nil : "not yet"
            }
            #expect(try await platform.client.get(Deployment.self, key).spec.replicas == 2)
        }
    }

    // MARK: Account and budget

    @Test(.timeLimit(.minutes(5))) func theWorkerHasAnAccountAndABudgetOfItsOwn() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("guarded")
            try await platform.apply(Platform.manifest("guarded"))
            try await platform.waitFor(.ready, of: "guarded", "True/Ready")
            let key = ObjectKey(namespace: "bots", name: "bot-guarded")
            let kubectl = platform.controlPlane
            func account() async throws -> ServiceAccount? { try await platform.client.find(ServiceAccount.self, key) }
            func budget() async throws -> Platform.DisruptionBudget? {
                try await platform.client.find(Platform.DisruptionBudget.self, key)
            }
            func pod() async throws -> PodSpec? {
                try await platform.client.find(Deployment.self, key)?.spec.template.spec
            }
            #expect(try await account()?.automountServiceAccountToken == false)
            #expect(try await account()?.metadata.ownerReferences?.first?.name == "guarded")
            #expect(try await pod()?.serviceAccountName == "bot-guarded")
            #expect(try await pod()?.automountServiceAccountToken == false)
            #expect(try await budget()?.spec.maxUnavailable == 1)
            #expect(try await budget()?.spec.selector?.matchLabels == [Labels.bot: "guarded"])
            #expect(try await budget()?.metadata.ownerReferences?.first?.name == "guarded")

            // What somebody changes is put back: also what no apply alone can put back.
            _ = try await kubectl.kubectl(
                "patch", "serviceaccount", "bot-guarded", "-n", "bots", "--type=merge", "-p",
                #"{"automountServiceAccountToken":true}"#)
            _ = try await kubectl.kubectl(
                "patch", "poddisruptionbudget", "bot-guarded", "-n", "bots", "--type=merge", "-p",
                #"{"spec":{"maxUnavailable":null,"minAvailable":1}}"#)
            try await platform.eventually("both are put back") {
                let (account, spec) = (try await account(), try await budget()?.spec)
                return account?.automountServiceAccountToken == false && spec?.maxUnavailable == 1
                    && spec?.minAvailable == nil
                    ? nil : "\(account.map { "\($0)" } ?? "") \(spec.map { "\($0)" } ?? "")"
            }
            _ = try await kubectl.kubectl("delete", "serviceaccount,poddisruptionbudget", "bot-guarded", "-n", "bots")
            try await platform.eventually("both are made again") {
                let owned = try await platform.owned("guarded", bot)
                return owned.keys.sorted() == Platform.kinds ? nil : "\(owned)"
            }
            try await platform.eventually("an Event tells") {
                let events = try await kubectl.kubectl("get", "events", "-n", "bots", "-o", "yaml")
                return events.contains("DriftRepaired") ? nil : events
            }

            // A bot that has one worker at the most needs no budget, nor does one at rest.
            func patch(_ json: String) async throws {
                _ = try await kubectl.kubectl(
                    "patch", "telegrambot", "guarded", "-n", "bots", "--type=merge", "-p", json)
            }
            try await patch(#"{"spec":{"scaling":{"maxReplicas":1},"kafka":{"partitions":3}}}"#)
            try await platform.eventually("the budget is gone") { try await budget() == nil ? nil : "still there" }
            try await patch(#"{"spec":{"scaling":{"maxReplicas":3}}}"#)
            try await platform.eventually("it is back") { try await budget() == nil ? "not yet" : nil }
            try await patch(#"{"spec":{"suspend":"Buffer"}}"#)
            try await platform.eventually("it rests with the bot") { try await budget() == nil ? nil : "still there" }
            try await patch(#"{"spec":{"suspend":null}}"#)
            try await platform.eventually("it is back") { try await budget() == nil ? "not yet" : nil }

            // Two budgets for one pod would keep it from being evicted.
            try await platform.apply(
                """
                apiVersion: policy/v1beta1
                kind: PodDisruptionBudget
                metadata: {name: mine, namespace: bots}
                spec:
                  minAvailable: 0
                  selector: {matchExpressions: [{key: telegram-serverless.io/bot, operator: In, values: [guarded]}]}
                """)
            try await platform.eventually("the owner's is left alone") { try await budget() == nil ? nil : "two" }
            _ = try await kubectl.kubectl("delete", "poddisruptionbudget", "mine", "-n", "bots")
            try await platform.eventually("it is back") { try await budget() == nil ? "not yet" : nil }

            // With an account of the owner's there is none of ours, once the Deployment has that one.
            try await patch(#"{"spec":{"worker":{"serviceAccountName":"mine"}}}"#)
            try await platform.eventually("the account is gone") { try await account() == nil ? nil : "still there" }
            #expect(try await pod()?.serviceAccountName == "mine")
            #expect(try await pod()?.automountServiceAccountToken == true)
            // Taken out by the template, it is the namespace's own: and not the one that the server remembers.
            _ = try await kubectl.kubectl(
                "patch", "telegrambot", "guarded", "-n", "bots", "--type=json", "-p",
                #"[{"op":"add","path":"/spec/worker/template","value":{"spec":{"serviceAccountName":null}}}]"#)
            try await platform.eventually("the namespace's is used") {
                let name = try await pod()?.serviceAccountName
                return name == "default" ? nil : name
            }
            #expect(try await account() == nil)
            try await patch(#"{"spec":{"worker":{"serviceAccountName":null,"template":null}}}"#)
            try await platform.eventually("the platform's is used again") {
                let (found, name) = (try await account(), try await pod()?.serviceAccountName)
                return found != nil && name == "bot-guarded" ? nil : name
            }
            try await platform.waitFor(.ready, of: "guarded", "True/Ready")

            // Without a worker there is nothing to guard.
            try await patch(#"{"spec":{"worker":null}}"#)
            try await platform.eventually("only Secret and binding are left") {
                let owned = try await platform.owned("guarded", bot)
                return owned.keys.sorted() == ["Binding", "Secret"] ? nil : "\(owned)"
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func theOperatorNeedsNoMoreThanItsRole() async throws {
        try await Platform.with { platform in
            await platform.process("operator")?.terminate()
            let rights = try String(contentsOfFile: "\(Platform.packageRoot)/deploy/demo/rbac.yaml", encoding: .utf8)
            try await platform.apply(rights)
            let token = try await platform.controlPlane.makeServiceAccountToken(
                namespace: "tgs-system", name: "operator")
            let folder = try TestFolder.make("role")
            defer { TestFolder.remove(folder) }
            try platform.controlPlane.kubeconfigText(token: token, namespace: "tgs-system").write(
                toFile: "\(folder)/kubeconfig", atomically: true, encoding: .utf8)
            try await platform.startOperator(["--leader-election"], kubeconfig: "\(folder)/kubeconfig")
            let bot = try await platform.makeBot("humble")
            try await platform.apply(Platform.manifest("humble"))
            try await platform.waitFor(.ready, of: "humble", "True/Ready")
            #expect(try await platform.owned("humble", bot).keys.sorted() == Platform.kinds)
            _ = try await platform.controlPlane.kubectl(
                "delete", "telegrambot", "humble", "-n", "bots", "--timeout=60s")
            #expect(try await platform.owned("humble", bot).isEmpty)
        }
    }
}
