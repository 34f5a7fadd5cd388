import Foundation
import KafkaClient
import KubernetesClient
import KubernetesTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

/// What a bot goes through in its life, against the real API server and broker: rest, rotation, change of identity, disputes.
@Suite(.serialized) struct LifecycleTests {
    private static let bot = ObjectKey(namespace: "bots", name: "bot-echo")

    private static func patch(_ platform: Platform, _ json: String) async throws {
        _ = try await platform.controlPlane.kubectl(
            "patch", "telegrambot", "echo", "-n", "bots", "--type=merge", "-p", json)
    }

    /// Waits until the status speaks of the present spec.
    private static func settle(_ platform: Platform, _ name: String = "echo") async throws {
        try await platform.eventually("the change is seen") {
            let bot = try await platform.bot(name)
            return bot?.status?.observedGeneration == bot?.metadata.generation ? nil : "not yet"
        }
    }

    // MARK: Suspension

    @Test(.timeLimit(.minutes(5))) func aSuspendedBotRests() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            let id = BotID(number: bot.id)
            let partitions = (0..<3).map { TopicPartition(topic: id.incomingTopic, partition: Int32($0)) }
            func stored() async throws -> Int64 {
                try await platform.admin.logEndOffsets(partitions).values.reduce(0, +)
            }

            // Buffer: updates are taken and kept, KEDA is held at nobody.
            try await Self.patch(platform, #"{"spec":{"suspend":"Buffer"}}"#)
            try await platform.waitFor(.ready, of: "echo", "True/Suspended")
            let paused = try await platform.client.get(AnyScaledObject.self, Self.bot).metadata.annotations
            #expect(paused?["autoscaling.keda.sh/paused-replicas"] == "0")
            try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "kept"))
            try await platform.eventually("the update is in Kafka") { try await stored() == 1 ? nil : "not yet" }

            // Refuse: Telegram keeps them.
            try await Self.patch(platform, #"{"spec":{"suspend":"Refuse"}}"#)
            try await Self.settle(platform)
            try await platform.eventually("the gateway refuses") {
                try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "refused"))
                let state = try platform.simulator.state(of: bot.id)
                return state.pending > 0 && state.webhook?.lastErrorMessage?.contains("503") == true ? nil : "\(state)"
            }
            let taken = try await stored()

            // Off: no webhook at all, and it stays so.
            try await Self.patch(platform, #"{"spec":{"suspend":"Off"}}"#)
            try await platform.waitFor(.webhookReady, of: "echo", "True/WebhookRemoved")
            #expect(try platform.simulator.state(of: bot.id).webhook == nil)
            try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "waits at Telegram"))
            let waiting = Int64(try platform.simulator.state(of: bot.id).pending)
            #expect(waiting > 0)
            #expect(try await stored() == taken)

            // Back to work: everything that waited comes.
            try await Self.patch(platform, #"{"spec":{"suspend":null}}"#)
            // Not Ready: what waited wakes the bot, and no pod runs in this rig.
            try await platform.waitFor(.webhookReady, of: "echo", "True/WebhookSet")
            let after = try await platform.client.get(AnyScaledObject.self, Self.bot).metadata.annotations
            #expect(after?["autoscaling.keda.sh/paused-replicas"] == nil)
            try await platform.eventually("what waited arrives") {
                let count = try await stored()
                return count == taken + waiting ? nil : "\(count) of \(taken + waiting)"
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func withoutKEDAASuspendedBotHasNoWorker() async throws {
        var options = Platform.Options()
        options.keda = false
        try await Platform.with(options) { platform in
            try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo", more: "  suspend: Buffer"))
            try await platform.waitFor(.ready, of: "echo", "True/Suspended")
            #expect(try await platform.client.get(Deployment.self, Self.bot).spec.replicas == 0)
            try await Self.patch(platform, #"{"spec":{"suspend":null}}"#)
            try await platform.eventually("a worker runs again") {
                try await platform.client.get(Deployment.self, Self.bot).spec.replicas == 1 ? nil : "not yet"
            }
            try await Self.patch(platform, #"{"spec":{"suspend":"Refuse"}}"#)
            try await platform.eventually("no worker runs") {
                try await platform.client.get(Deployment.self, Self.bot).spec.replicas == 0 ? nil : "not yet"
            }
        }
    }

    // MARK: Tokens

    /// Messages keep coming while the token is exchanged: none is lost, the worker rolls once.
    @Test(.timeLimit(.minutes(5))) func aNewTokenOfTheSameBotIsTakenUp() async throws {
        try await Platform.with { platform in
            await platform.process("operator")?.terminate()
            try await platform.startOperator(["--webhook-secret-overlap", "4s"])
            let bot = try await platform.makeBot("echo")
            // Suspended, because a worker that is woken changes the Deployment, too.
            try await platform.apply(Platform.manifest("echo", more: "  suspend: Buffer"))
            try await platform.waitFor(.ready, of: "echo", "True/Suspended")
            let bindingKey = ObjectKey(namespace: "tgs-system", name: BotID(number: bot.id).bindingName)
            let before = try Binding(try await platform.client.get(Secret.self, bindingKey))
            let generation = try await platform.client.get(Deployment.self, Self.bot).metadata.generation ?? 0
            let rig = platform

            async let writing: Int = {
                var written = 0
                for number in 0..<60 {
                    try rig.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "\(number)"))
                    written += 1
                    try await Task.sleep(for: .milliseconds(100))
                }
                return written
            }()
            let renewed = try platform.simulator.revokeToken(of: bot.id)
            try await platform.makeSecret("echo", token: renewed.token)
            try await platform.eventually("Telegram has a new secret") {
                let secret = try platform.simulator.state(of: bot.id).webhook?.secretToken
                return secret != nil && secret != before.webhookSecrets.first ? nil : "the old one"
            }
            // Both are taken for a while, then the old one no more.
            let during = try Binding(try await platform.client.get(Secret.self, bindingKey))
            #expect(during.token == renewed.token)
            #expect(during.webhookSecrets.count == 2 && during.webhookSecrets.last == before.webhookSecrets.first)
            try await platform.eventually("the old secret is retired") {
                let binding = try Binding(try await platform.client.get(Secret.self, bindingKey))
                return binding.webhookSecrets == Array(during.webhookSecrets.prefix(1)) ? nil : "not yet"
            }
            #expect(try await platform.client.get(Deployment.self, Self.bot).metadata.generation == generation + 1)
            try await platform.waitFor(.ready, of: "echo", "True/Suspended")

            let written = try await writing
            let topic = BotID(number: bot.id).incomingTopic
            let partitions = (0..<3).map { TopicPartition(topic: topic, partition: Int32($0)) }
            try await platform.eventually("every update has arrived") {
                let count = try await platform.admin.logEndOffsets(partitions).values.reduce(0, +)
                let pending = try platform.simulator.state(of: bot.id).pending
                return count >= Int64(written) && pending == 0
                    ? nil : "\(count) of \(written)"
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func anAnnotationGivesTheWebhookANewSecret() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            let before = try platform.simulator.state(of: bot.id).webhook?.secretToken
            _ = try await platform.controlPlane.kubectl(
                "annotate", "telegrambot", "echo", "-n", "bots", "telegram-serverless.io/rotate-webhook-secret=1")
            try await platform.eventually("Telegram has a new secret") {
                try platform.simulator.state(of: bot.id).webhook?.secretToken != before ? nil : "the old one"
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func aTokenOfAnotherBotIsRefusedUnlessTheResourceSaysSo() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            let owned = try await platform.owned("echo", bot)

            let other = try platform.simulator.createBot(BotSpec(username: "other_bot"))
            try await platform.makeSecret("echo", token: other.token)
            try await platform.waitFor(.tokenValid, of: "echo", "False/BotIdentityChanged")
            // What there is stays as it is.
            #expect(try await platform.owned("echo", bot) == owned)
            #expect(try platform.simulator.state(of: bot.id).webhook != nil)
            #expect(try platform.simulator.state(of: other.id).webhook == nil)

            try await Self.patch(platform, #"{"spec":{"botID":"bot_\#(other.id)"}}"#)
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            #expect(try await platform.bot("echo")?.status?.botID == "bot_\(other.id)")
            #expect(try await platform.owned("echo", other).keys.sorted() == Platform.kinds)
            #expect(try await platform.topics(other).count == 3)
            #expect(try platform.simulator.state(of: other.id).webhook != nil)
            // Nothing of the former bot is left.
            #expect(try await platform.topics(bot).isEmpty)
            #expect(try platform.simulator.state(of: bot.id).webhook == nil)
            let former = ObjectKey(namespace: "tgs-system", name: BotID(number: bot.id).bindingName)
            #expect(try await platform.client.find(Secret.self, former) == nil)
        }
    }

    /// A revoked token is not asked about again and again, not by a restarted operator either, and the worker stays.
    @Test(.timeLimit(.minutes(5))) func aRevokedTokenCausesNoStormOfCalls() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            _ = try platform.simulator.revokeToken(of: bot.id)
            await platform.process("operator")?.terminate()
            // Asks at once about every token.
            try await platform.startOperator(["--token-check-interval", "1ms", "--resync-interval", "90s"])
            try await platform.eventually("the operator works again") {
                platform.process("operator")?.logTail().contains("reconciling begins") == true ? nil : "not yet"
            }
            _ = try await platform.controlPlane.kubectl(
                "annotate", "telegrambot", "echo", "-n", "bots", "example.org/look=1")
            try await platform.waitFor(.tokenValid, of: "echo", "False/TokenRejected")
            #expect(try await platform.client.find(Deployment.self, Self.bot) != nil)
            #expect(try await platform.bot("echo")?.status?.telegram?.retryAt != nil)
            let asked = platform.simulator.counts().map { $0.succeeded + $0.failed }.reduce(0, +)
            for round in 0..<3 {
                _ = try await platform.controlPlane.kubectl(
                    "annotate", "--overwrite", "telegrambot", "echo", "-n", "bots", "example.org/round=\(round)")
                await platform.process("operator")?.terminate()
                try await platform.startOperator(["--token-check-interval", "1ms", "--resync-interval", "90s"])
                try await platform.eventually("the operator works again") {
                    platform.process("operator")?.logTail().contains("reconciling begins") == true ? nil : "not yet"
                }
                try await Task.sleep(for: .milliseconds(500))
            }
            #expect(platform.simulator.counts().map { $0.succeeded + $0.failed }.reduce(0, +) == asked)
            #expect(try await platform.condition(.tokenValid, of: "echo") == "False/TokenRejected")
        }
    }

    // MARK: Disputes

    @Test(.timeLimit(.minutes(5))) func theOlderOfTwoResourcesHasTheBot() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            try await platform.makeSecret("second", token: bot.token)
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            try await Task.sleep(for: .seconds(1))
            try await platform.apply(Platform.manifest("second"))
            try await platform.waitFor(.ready, of: "second", "False/DuplicateBot")
            let second = ObjectKey(namespace: "bots", name: "bot-second")
            #expect(try await platform.client.find(Deployment.self, second) == nil)
            // Deleting the younger one takes nothing from the older.
            _ = try await platform.controlPlane.kubectl(
                "delete", "telegrambot", "second", "-n", "bots", "--timeout=60s")
            #expect(try await platform.owned("echo", bot).keys.sorted() == Platform.kinds)
            #expect(try platform.simulator.state(of: bot.id).webhook != nil)
            // When the older one goes, the younger one has the bot.
            try await platform.apply(Platform.manifest("second"))
            try await platform.waitFor(.ready, of: "second", "False/DuplicateBot")
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "echo", "-n", "bots", "--timeout=60s")
            try await platform.waitFor(.ready, of: "second", "True/Ready")
            #expect(try await platform.topics(bot).count == 3)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aWebhookThatPointsElsewhereIsNotTakenSilently() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            let url = "http://127.0.0.1:1/somebody-elses-secret-path"
            try await platform.setWebhook(of: bot, url)
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.webhookReady, of: "echo", "False/WebhookOwnedElsewhere")
            #expect(try platform.simulator.state(of: bot.id).webhook?.url == url)
            let message = try await platform.bot("echo")?.status?.conditions?.first { $0.type == "WebhookReady" }?
                .message
            #expect(message?.contains("http://127.0.0.1:1") == true)
            #expect(message?.contains("somebody-elses") == false)
            try await Self.patch(platform, #"{"spec":{"updates":{"webhookAdoption":"Always"}}}"#)
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            #expect(try platform.simulator.state(of: bot.id).webhook?.url.contains("/webhook/bot_") == true)
        }
    }

    @Test(.timeLimit(.minutes(5))) func topicsAndDeploymentsOfOthersAreTakenOverOnlyOnRequest() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            let id = BotID(number: bot.id)
            let made = try await platform.admin.createTopics(
                [NewTopic(name: id.incomingTopic, partitions: 1, replicationFactor: 1)], timeout: .seconds(10))
            for result in made.values { try result.get() }
            try await platform.apply(
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: bot-echo, namespace: bots}
                spec:
                  replicas: 2
                  selector: {matchLabels: {telegram-serverless.io/bot: echo}}
                  template:
                    metadata: {labels: {telegram-serverless.io/bot: echo}}
                    spec: {containers: [{name: bot, image: example.org/before:1}]}
                """)
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "False/TopicNotOwned")
            #expect(try platform.simulator.state(of: bot.id).webhook == nil)
            // A deletion now leaves the topic alone.
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "echo", "-n", "bots", "--timeout=60s")
            #expect(try await platform.topics(bot) == [id.incomingTopic: 1])
            _ = try await platform.client.get(Deployment.self, Self.bot)

            try await platform.apply(Platform.manifest("echo", more: "  adoptionPolicy: Always"))
            try await platform.eventually("all is taken over") {
                let deployment = try await platform.client.get(Deployment.self, Self.bot)
                let image = deployment.spec.template.spec.containers.first?.image
                let topics = try await platform.topics(bot)
                return image == "example.org/echo:1" && topics[id.incomingTopic] == 3 ? nil : "\(image ?? "") \(topics)"
            }
            #expect(try await platform.client.get(Deployment.self, Self.bot).spec.replicas == 2)
            // Now they are the platform's: what stays of a retained bot is used again without a word.
            try await Self.patch(platform, #"{"spec":{"adoptionPolicy":"IfOwned","deletionPolicy":"Retain"}}"#)
            try await Self.settle(platform)
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "echo", "-n", "bots", "--timeout=60s")
            #expect(try await platform.topics(bot).count == 3)
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
        }
    }

    @Test(.timeLimit(.minutes(5))) func theResultsTopicComesAndGoesWithItsField() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            let topic = BotID(number: bot.id).resultsTopic
            func expect(_ isThere: Bool) async throws {
                try await platform.eventually("the topic is \(isThere ? "there" : "gone")") {
                    let found = try await platform.admin.describeTopics([topic], timeout: .seconds(10))
                    return (found[topic].flatMap { $0 } != nil) == isThere ? nil : "\(found)"
                }
            }
            func variable() async throws -> String? {
                try await platform.client.get(Deployment.self, Self.bot).spec.template.spec.containers.first?.env?
                    .first { $0.name == "KAFKA_RESULTS_TOPIC" }?.value
            }
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            #expect(try await variable() == nil)
            // Somebody else's topic of that name is not touched.
            let made = try await platform.admin.createTopics(
                [NewTopic(name: topic, partitions: 1, replicationFactor: 1)], timeout: .seconds(10))
            for result in made.values { try result.get() }
            try await Self.patch(platform, #"{"spec":{"kafka":{"results":true}}}"#)
            try await platform.waitFor(.ready, of: "echo", "False/TopicNotOwned")
            try await Self.patch(platform, #"{"spec":{"kafka":{"results":false}}}"#)
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            try await expect(true)
            for result in try await platform.admin.deleteTopics([topic], timeout: .seconds(10)).values {
                try result.get()
            }
            try await Self.patch(platform, #"{"spec":{"kafka":{"results":true}}}"#)
            try await platform.eventually("the worker knows") { try await variable() == topic ? nil : "" }
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            try await expect(true)
            try await Self.patch(platform, #"{"spec":{"kafka":{"results":false}}}"#)
            try await platform.eventually("the worker knows") { try await variable() == nil ? nil : "" }
            try await expect(false)
            // It goes with its bot.
            try await Self.patch(platform, #"{"spec":{"kafka":{"results":true}}}"#)
            try await expect(true)
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "echo", "-n", "bots", "--timeout=60s")
            try await expect(false)
        }
    }

    @Test(.timeLimit(.minutes(5))) func accountsAndBudgetsOfOthersAreTakenOverOnlyOnRequest() async throws {
        try await Platform.with { platform in
            await platform.process("operator")?.terminate()
            try await platform.startOperator(["--resync-interval", "2s"])
            let bot = try await platform.makeBot("echo")
            try await platform.apply(
                """
                apiVersion: v1
                kind: ServiceAccount
                metadata: {name: bot-echo, namespace: bots, annotations: {whose: mine}}
                ---
                apiVersion: policy/v1beta1
                kind: PodDisruptionBudget
                metadata: {name: bot-echo, namespace: bots}
                spec: {minAvailable: 1, selector: {matchLabels: {telegram-serverless.io/bot: echo}}}
                """)
            let before = try await platform.owned("echo", bot)
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.workloadReady, of: "echo", "False/ServiceAccountNotOwned")
            #expect(try await platform.client.find(Deployment.self, Self.bot) == nil)

            // Named by the owner, the account is used as it is.
            try await Self.patch(platform, #"{"spec":{"worker":{"serviceAccountName":"bot-echo"}}}"#)
            try await platform.waitFor(.workloadReady, of: "echo", "False/DisruptionBudgetNotOwned")
            let after = try await platform.owned("echo", bot)
            for kind in ["ServiceAccount", "PodDisruptionBudget"] { #expect(after[kind] == before[kind]) }
            try await Self.patch(platform, #"{"spec":{"adoptionPolicy":"Always"}}"#)
            try await platform.waitFor(.workloadReady, of: "echo", "False/DisruptionBudgetNotAdoptable")
            _ = try await platform.controlPlane.kubectl(
                "patch", "poddisruptionbudget", "bot-echo", "-n", "bots", "--type=merge", "-p",
                #"{"spec":{"maxUnavailable":2,"minAvailable":null}}"#)
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            let budget = try await platform.client.get(Platform.DisruptionBudget.self, Self.bot)
            #expect(budget.spec.maxUnavailable == 1)
            #expect(budget.metadata.labels?[Labels.managedBy] == Labels.managedByValue)
            #expect(try await platform.owned("echo", bot)["ServiceAccount"] == before["ServiceAccount"])

            // Not named, it is taken over.
            try await Self.patch(platform, #"{"spec":{"worker":{"serviceAccountName":null}}}"#)
            try await platform.eventually("the account is taken over") {
                let account = try await platform.client.get(ServiceAccount.self, Self.bot)
                return account.automountServiceAccountToken == false && account.metadata.annotations?["whose"] == "mine"
                    ? nil : "\(account)"
            }

            // What is changed and left is told.
            try await Self.patch(platform, #"{"spec":{"driftPolicy":"Report"}}"#)
            try await Self.settle(platform)
            _ = try await platform.controlPlane.kubectl(
                "patch", "serviceaccount", "bot-echo", "-n", "bots", "--type=merge", "-p",
                #"{"automountServiceAccountToken":true}"#)
            _ = try await platform.controlPlane.kubectl(
                "patch", "poddisruptionbudget", "bot-echo", "-n", "bots", "--type=merge", "-p",
                #"{"spec":{"maxUnavailable":2}}"#)
            try await platform.eventually("the drift is told") {
                let condition = try await platform.bot("echo")?.status?.conditions?.first { $0.type == "Drifted" }
                let told = condition?.message ?? "nothing"
                return ["ServiceAccount", "PodDisruptionBudget"].allSatisfy { told.contains($0) } ? nil : told
            }
            #expect(try await platform.client.get(Platform.DisruptionBudget.self, Self.bot).spec.maxUnavailable == 2)
            #expect(
                try await platform.client.get(ServiceAccount.self, Self.bot).automountServiceAccountToken == true)
        }
    }

    // MARK: Drift

    @Test(.timeLimit(.minutes(5))) func driftInKafkaAndAtTelegramIsRepairedOrReported() async throws {
        try await Platform.with { platform in
            await platform.process("operator")?.terminate()
            try await platform.startOperator(["--resync-interval", "2s"])
            let bot = try await platform.makeBot("echo")
            let topic = BotID(number: bot.id).incomingTopic
            let settings = #"  kafka: {config: {retention.ms: "86400000", segment.ms: "3600000"}}"#
            try await platform.apply(Platform.manifest("echo", more: settings))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            func retention() async throws -> String? {
                try await platform.admin.describeConfiguration(topic: topic)["retention.ms"]?.value
            }
            func url() throws -> String? { try platform.simulator.state(of: bot.id).webhook?.url }
            let ours = try url()

            try await platform.admin.alterConfiguration(topic: topic, ["retention.ms": "1000"])
            try await platform.setWebhook(of: bot, "http://127.0.0.1:1/elsewhere")
            try await platform.eventually("both are put back") {
                let (found, hook) = (try await retention(), try url())
                return found == "86400000" && hook == ours ? nil : "\(found ?? "") \(hook ?? "")"
            }
            try await platform.eventually("an Event tells") {
                let events = try await platform.controlPlane.kubectl("get", "events", "-n", "bots")
                return events.contains("DriftRepaired") ? nil : events
            }

            try await Self.patch(platform, #"{"spec":{"driftPolicy":"Report"}}"#)
            try await Self.settle(platform)
            try await platform.admin.alterConfiguration(topic: topic, ["retention.ms": "1000"])
            try await platform.setWebhook(of: bot, "http://127.0.0.1:1/elsewhere")
            _ = try await platform.controlPlane.kubectl(
                "set", "image", "deployment/bot-echo", "bot=example.org/other:2", "-n", "bots")
            try await platform.eventually("the drift is told") {
                let condition = try await platform.bot("echo")?.status?.conditions?.first { $0.type == "Drifted" }
                let told = condition?.message ?? "nothing"
                let isWhole = ["retention.ms", "webhook", "Deployment"].allSatisfy { told.contains($0) }
                return isWhole ? nil : told
            }
            try await Task.sleep(for: .seconds(3))
            #expect(try await retention() == "1000")
            #expect(try url() == "http://127.0.0.1:1/elsewhere")
            #expect(
                try await platform.client.get(Deployment.self, Self.bot).spec.template.spec.containers.first?.image
                    == "example.org/other:2")

            // Repaired again, nothing is left to tell; a setting that is no longer asked for goes.
            try await Self.patch(
                platform, #"{"spec":{"driftPolicy":"Repair","kafka":{"config":{"segment.ms":null}}}}"#)
            try await platform.eventually("all is put right") {
                let drifted = try await platform.condition(.drifted, of: "echo")
                let found = try await platform.admin.describeConfiguration(topic: topic)
                let isRight = found["retention.ms"]?.value == "86400000" && found["segment.ms"]?.isDefault != false
                let hook = try url()
                return drifted == nil && isRight && hook == ours
                    ? nil : "\(drifted ?? "") \(found["segment.ms"].map { "\($0)" } ?? "") \(hook ?? "")"
            }
        }
    }

    // MARK: Deletion

    /// What has come in is answered before the topics go.
    @Test(.timeLimit(.minutes(5))) func aDeletionLetsTheWorkerFinish() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            for number in 0..<20 {
                try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "\(number)"))
            }
            try await platform.eventually("a worker is wanted") {
                try await platform.client.get(Deployment.self, Self.bot).spec.replicas == 1 ? nil : "asleep"
            }
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "echo", "-n", "bots", "--wait=false")
            try await platform.waitFor(.ready, of: "echo", "False/Deleting")
            #expect(try platform.simulator.state(of: bot.id).webhook == nil)
            let worker = try EchoWorker(BotID(number: bot.id), bootstrapServers: platform.broker.bootstrapServers)
            let calls = await platform.simulator.calls(
                RecordFilter(method: "sendMessage"), count: 20, within: .seconds(20))
            #expect(calls.map(\.text) == (0..<20).map { "echo: \($0)" })
            try await worker.stop()
            try await platform.eventually("the bot is gone") {
                try await platform.bot("echo") == nil ? nil : "still there"
            }
            #expect(try await platform.topics(bot).isEmpty)
        }
    }

    /// With a namespace everything in it goes at once, the token's Secret and the worker's copy, too.
    @Test(.timeLimit(.minutes(5))) func theWebhookGoesWhenTheTokensSecretWentFirst() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            await platform.process("operator")?.terminate()
            _ = try await platform.controlPlane.kubectl("delete", "secret", "--all", "-n", "bots")
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "echo", "-n", "bots", "--wait=false")
            try await platform.startOperator()
            try await platform.eventually("the bot is gone") {
                try await platform.bot("echo") == nil ? nil : "still there"
            }
            #expect(try platform.simulator.state(of: bot.id).webhook == nil)
            #expect(try await platform.owned("echo", bot).isEmpty)
        }
    }

    /// A bot whose broker and Bot API server never answer again goes when the patience has run out, and an Event says
    /// what is left behind.
    @Test(.timeLimit(.minutes(5))) func nothingDeadWedgesADeletion() async throws {
        try await Platform.with { platform in
            await platform.process("operator")?.terminate()
            try await platform.startOperator(["--deletion-patience", "4s", "--telegram-timeout", "1s"])
            let bot = try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            var fault = FaultSpec()
            fault.bot = bot.id
            fault.errorCode = 502
            try platform.simulator.addFault(fault)
            await platform.broker.stop()
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "echo", "-n", "bots", "--wait=false")
            try await platform.eventually("the bot is gone") {
                try await platform.bot("echo") == nil ? nil : "still there"
            }
            try await platform.eventually("an Event says what was left") {
                let events = try await platform.controlPlane.kubectl("get", "events", "-n", "bots")
                return events.contains("LeftBehind") && events.contains("webhook") && events.contains("topics")
                    ? nil : events
            }
            #expect(try await platform.owned("echo", bot).isEmpty)
        }
    }

    // MARK: Wake

    @Test(.timeLimit(.minutes(5))) func anUpdateWakesASleepingBotAtOnce() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            try await platform.listensToWakes()
            #expect(try await platform.client.get(Deployment.self, Self.bot).spec.replicas == 0)
            try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "wake up"))
            try await platform.eventually("a worker is wanted", within: .seconds(10)) {
                try await platform.client.get(Deployment.self, Self.bot).spec.replicas == 1 ? nil : "asleep"
            }
            let name = "autoscaling.keda.sh/force-activation"
            try await platform.eventually("KEDA is told") {
                let scaled = try await platform.client.get(AnyScaledObject.self, Self.bot)
                return scaled.metadata.annotations?[name] == "true" ? nil : "not yet"
            }
            // Taken off when KEDA has taken over, by an operator that was started anew as well.
            await platform.process("operator")?.terminate()
            try await platform.startOperator()
            _ = try await platform.controlPlane.requestSuccessfully(
                "PATCH", "/apis/keda.sh/v1alpha1/namespaces/bots/scaledobjects/bot-echo/status",
                body:
                    #"{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Active","status":"True"}]}}"#,
                contentType: "application/merge-patch+json")
            try await platform.eventually("the annotation is taken off") {
                let scaled = try await platform.client.get(AnyScaledObject.self, Self.bot)
                let left = scaled.metadata.annotations ?? [:]
                return left[name] == nil && left[Annotations.wokenAt] == nil ? nil : "\(left)"
            }

            // An update that came while the last worker ended wakes it, too, also one that was hardly awake: here nobody has
            // read the one above.
            for time in 1...3 {
                _ = try await platform.controlPlane.kubectl(
                    "scale", "deployment/bot-echo", "--replicas=0", "-n", "bots")
                try await platform.eventually("it is woken again, \(time)", within: .seconds(10)) {
                    try await platform.client.get(Deployment.self, Self.bot).spec.replicas == 1 ? nil : "asleep"
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func aPausedOrSuspendedBotIsNotWoken() async throws {
        try await Platform.with { platform in
            let suspended = try await platform.makeBot("suspended")
            let paused = try await platform.makeBot("paused")
            try await platform.apply(Platform.manifest("suspended", more: "  suspend: Buffer"))
            try await platform.apply(Platform.manifest("paused"))
            try await platform.waitFor(.ready, of: "suspended", "True/Suspended")
            try await platform.waitFor(.ready, of: "paused", "True/Ready")
            // As a person and KEDA do it.
            _ = try await platform.controlPlane.kubectl(
                "annotate", "scaledobject/bot-paused", "autoscaling.keda.sh/paused=true", "-n", "bots")
            _ = try await platform.controlPlane.requestSuccessfully(
                "PATCH", "/apis/keda.sh/v1alpha1/namespaces/bots/scaledobjects/bot-paused/status",
                body:
                    #"{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Paused","status":"True"}]}}"#,
                contentType: "application/merge-patch+json")
            try await platform.waitFor(.scalerReady, of: "paused", "False/Paused")
            try await platform.listensToWakes()
            for bot in [suspended, paused] {
                try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "sleep well"))
            }
            try await platform.eventually("the signals have gone out") {
                let topic = [TopicPartition(topic: WakeSignal.topic, partition: 0)]
                return try await platform.admin.logEndOffsets(topic).values.first == 2 ? nil : "not yet"
            }
            try await Task.sleep(for: .seconds(2))
            for name in ["suspended", "paused"] { #expect(try await platform.replicas(name) == 0, "\(name)") }
        }
    }

    /// The gateway signals once a second only, so what comes within the second after a signal is looked for.
    @Test(.timeLimit(.minutes(5))) func aThresholdKeepsABotAsleepUntilEnoughWaits() async throws {
        try await Platform.with { platform in
            var bots: [String: BotInfo] = [:]
            for name in ["few", "many"] {
                bots[name] = try await platform.makeBot(name)
                try await platform.apply(
                    Platform.manifest(name).replacingOccurrences(
                        of: "{maxReplicas: 3}", with: "{maxReplicas: 3, activationLagThreshold: 2}"))
            }
            for name in bots.keys { try await platform.waitFor(.ready, of: name, "True/Ready") }
            try await platform.listensToWakes()
            for (name, count) in [("few", 2), ("many", 3)] {
                let bot = try #require(bots[name])
                for _ in 1...count { try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "hello")) }
            }
            try await platform.eventually("three are enough", within: .seconds(10)) {
                try await platform.replicas("many") == 1 ? nil : "asleep"
            }
            try await Task.sleep(for: .seconds(2))
            #expect(try await platform.replicas("few") == 0)
        }
    }
}

extension Platform {
    /// Waits until the operator has made the topic on which gateways tell of updates.
    fileprivate func listensToWakes() async throws {
        try await eventually("the operator listens") {
            try await admin.describeTopics([WakeSignal.topic], timeout: .seconds(5))[WakeSignal.topic] == nil
                ? "no topic" : nil
        }
    }

    /// The workers that a bot is to have.
    fileprivate func replicas(_ name: String) async throws -> Int? {
        try await client.get(Deployment.self, ObjectKey(namespace: "bots", name: "bot-\(name)")).spec.replicas
    }
}
