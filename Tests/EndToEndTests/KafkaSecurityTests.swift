import Foundation
import KafkaClient
import KubernetesClient
import KubernetesTypes
import PlatformAPI
import Simulator
import TestRig
import Testing

/// The whole way through a Kafka cluster that wants TLS and a login.
@Suite(.serialized) struct KafkaSecurityTests {
    private static let worker = ObjectKey(namespace: "bots", name: "bot-echo")
    private static let login = ObjectKey(namespace: "tgs-system", name: "kafka-login")

    /// Runs `body` with a platform whose broker speaks TLS. The Secrets are left to the test.
    private static func with(_ body: (Platform) async throws -> Void) async throws {
        var options = Platform.Options()
        options.tls = true
        try await Platform.with(options, body)
    }

    private static func environment(_ platform: Platform) async throws -> [String: EnvVar] {
        let deployment = try await platform.client.get(Deployment.self, worker)
        let variables = deployment.spec.template.spec.containers.first?.env ?? []
        return Dictionary(variables.map { ($0.name, $0) }) { $1 }
    }

    @Test(.timeLimit(.minutes(5))) func aPersonIsAnsweredThroughTLS() async throws {
        try await Self.with { platform in
            try await platform.applyKafkaSecrets(password: "first-password")
            let bot = try await platform.makeBot("echo")
            // A worker that is woken would change the Deployment, too: it is read while all is quiet.
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")

            // What the worker gets.
            let variables = try await Self.environment(platform)
            #expect(variables["KAFKA_SECURITY_PROTOCOL"]?.value == "SASL_SSL")
            #expect(variables["KAFKA_SASL_MECHANISM"]?.value == "PLAIN")
            for name in ["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD", "KAFKA_SSL_CA"] {
                let reference = variables[name]?.valueFrom?.secretKeyRef
                #expect(reference?.name == "bot-echo" && reference?.key == name, "\(name)")
            }
            #expect(variables["KAFKA_SSL_CERTIFICATE"] == nil && variables["KAFKA_SSL_KEY"] == nil)
            let secret = try await platform.client.get(Secret.self, Self.worker)
            #expect(secret.string("KAFKA_SASL_USERNAME") == "tgs")
            #expect(secret.string("KAFKA_SASL_PASSWORD") == "first-password")
            #expect(secret.string("KAFKA_SSL_CA")?.contains("BEGIN CERTIFICATE") == true)

            // What KEDA gets.
            let authentication = try await platform.client.get(AnyTriggerAuthentication.self, Self.worker)
            let targets = authentication.spec?.secretTargetRef ?? []
            #expect(targets.map(\.parameter) == ["username", "password", "ca"])
            #expect(targets.allSatisfy { $0.name == "bot-echo" && secret.string($0.key) != nil })
            let trigger = try await platform.client.get(AnyScaledObject.self, Self.worker).spec?.triggers?.first
            #expect(trigger?.authenticationRef?.name == "bot-echo")
            #expect(trigger?.metadata["sasl"] == "plaintext" && trigger?.metadata["tls"] == "enable")

            // An update through the gateway and an answer back.
            let worker = try EchoWorker(
                BotID(number: bot.id), bootstrapServers: platform.broker.bootstrapServers,
                security: platform.broker.security)
            try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "Hello"))
            let filter = RecordFilter(bot: bot.id, method: "sendMessage", sentOnly: true)
            let answers = await platform.simulator.calls(filter, count: 1, within: .seconds(60))
            #expect(answers.map(\.text) == ["echo: Hello"])

            // Wake signals come through as well: the operator scales the bot up. It may not have heard the first ones.
            var written = 1
            try await platform.eventually("the bot is woken") {
                written += 1
                try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "Wake up"))
                let replicas = try await platform.client.get(Deployment.self, Self.worker).spec.replicas
                return replicas == 1 ? nil : "\(replicas ?? -1)"
            }

            let all = await platform.simulator.calls(filter, count: written, within: .seconds(60))
            #expect(all.count == written)
            try await worker.stop()

            // What somebody else makes of the TriggerAuthentication is put back.
            _ = try await platform.controlPlane.kubectl(
                "patch", "triggerauthentication", "bot-echo", "-n", "bots", "--type=merge", "-p",
                #"{"spec":{"secretTargetRef":[]}}"#)
            try await platform.eventually("the TriggerAuthentication is repaired") {
                let targets = try await platform.client.get(AnyTriggerAuthentication.self, Self.worker).spec?
                    .secretTargetRef
                return targets?.count == 3 ? nil : "\(targets?.count ?? -1)"
            }

            // All of it goes with the bot, topics included.
            _ = try await platform.controlPlane.kubectl("delete", "telegrambot", "echo", "-n", "bots", "--timeout=60s")
            #expect(try await platform.topics(bot).isEmpty)
            #expect(try await platform.client.find(AnyTriggerAuthentication.self, Self.worker) == nil)
            for name in ["operator", "gateway"] {
                #expect(try !platform.log(name).contains("first-password"), "\(name)")
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func aPlanLogsInAsTheOperatorDoes() async throws {
        try await Self.with { platform in
            try await platform.applyKafkaSecrets(password: "first-password")
            _ = try await platform.makeBot("echo")
            func plan() async throws -> (exit: ChildProcess.Exit, text: String) {
                let result = try await Command(
                    Platform.program,
                    [
                        "plan", "-f", "-", "--kafka-timeout", "10s", "--kubeconfig",
                        try platform.controlPlane.kubeconfigPath,
                    ], input: Array(Platform.manifest("echo").utf8), environment: ["PATH": "/usr/bin:/bin"]
                ).run()
                #expect(!(result.text + result.diagnostics).contains("first-password"))
                return (result.exit, result.text + result.diagnostics)
            }

            let first = try await plan()
            #expect(first.exit == .code(2), "\(first.text)")
            #expect(first.text.contains("TriggerAuthentication") && !first.text.contains("unknown"), "\(first.text)")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            let second = try await plan()
            #expect(second.exit == .code(0), "\(second.text)")
            #expect(!second.text.contains("unknown"), "\(second.text)")
        }
    }

    @Test(.timeLimit(.minutes(5))) func aMissingSecretIsNamedAndMendsItself() async throws {
        try await Self.with { platform in
            try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.gatewayReady, of: "echo", "False/KafkaCredentialsMissing")
            try await platform.waitFor(.ready, of: "echo", "False/KafkaCredentialsMissing")
            let message = try await platform.bot("echo")?.status?.conditions?
                .first { $0.type == "GatewayReady" }?.message
            #expect(message?.contains("tgs-system/kafka-ca") == true && message?.contains("ca.crt") == true)

            // One of two, with a key too few.
            try await platform.applyKafkaSecrets(password: "p")
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            _ = try await platform.controlPlane.kubectl(
                "patch", "secret", "kafka-login", "-n", "tgs-system", "--type=json", "-p",
                #"[{"op": "remove", "path": "/data/password"}]"#)
            try await platform.waitFor(.gatewayReady, of: "echo", "False/KafkaCredentialsMissing")
            try await platform.applyKafkaSecrets(password: "p")
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
        }
    }

    @Test(.timeLimit(.minutes(5))) func aBrokerThatIsNotTrustedIsSaid() async throws {
        try await Self.with { platform in
            try await platform.applyKafkaSecrets(password: "p")
            // The system's authorities know nothing of the broker's.
            try await platform.applyGateway(kafka: "tls: {}")
            try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.topicsReady, of: "echo", "False/KafkaRefused", within: .seconds(90))
            try await platform.applyGateway(kafka: Platform.security)
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
        }
    }

    @Test(.timeLimit(.minutes(5))) func whatIsTakenOffIsTakenOffEverywhere() async throws {
        try await Platform.with { platform in
            // Without TLS, so that the same broker takes both.
            try await platform.applyKafkaSecrets(password: "p")
            try await platform.applyGateway(
                kafka: "sasl: {mechanism: PLAIN, credentialsSecretRef: {name: kafka-login}}")
            try await platform.makeBot("echo")
            try await platform.apply(Platform.manifest("echo"))
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
            #expect(try await Self.environment(platform)["KAFKA_SECURITY_PROTOCOL"]?.value == "SASL_PLAINTEXT")
            let parameters = try await platform.client.get(AnyTriggerAuthentication.self, Self.worker).spec?
                .secretTargetRef?.map(\.parameter)
            #expect(parameters == ["username", "password"])

            try await platform.applyGateway()
            try await platform.eventually("the TriggerAuthentication is gone") {
                try await platform.client.find(AnyTriggerAuthentication.self, Self.worker) == nil ? nil : "still there"
            }
            let trigger = try await platform.client.get(AnyScaledObject.self, Self.worker).spec?.triggers?.first
            #expect(trigger?.authenticationRef == nil && trigger?.metadata["sasl"] == nil)
            #expect(try await Self.environment(platform).keys.allSatisfy { !$0.hasPrefix("KAFKA_S") })
            let secret = try await platform.client.get(Secret.self, Self.worker)
            #expect(secret.data?.keys.sorted() == ["BOT_TOKEN"])
            try await platform.waitFor(.ready, of: "echo", "True/Ready")
        }
    }

    @Test(.timeLimit(.minutes(5))) func aNewPasswordRollsTheWorkersOnce() async throws {
        try await Self.with { platform in
            try await platform.applyKafkaSecrets(password: "first")
            let bot = try await platform.makeBot("echo")
            // Suspended, because a worker that is woken changes the Deployment, too.
            try await platform.apply(Platform.manifest("echo", more: "  suspend: Buffer"))
            try await platform.waitFor(.ready, of: "echo", "True/Suspended")
            let before = try await platform.client.get(Deployment.self, Self.worker).metadata.generation ?? 0

            try await platform.applyKafkaSecrets(password: "second")
            try await platform.eventually("the worker's Secret has the new password") {
                let secret = try await platform.client.get(Secret.self, Self.worker)
                return secret.string("KAFKA_SASL_PASSWORD") == "second" ? nil : "not yet"
            }
            try await platform.eventually("the workers roll") {
                let now = try await platform.client.get(Deployment.self, Self.worker).metadata.generation ?? 0
                return now == before + 1 ? nil : "\(before) -> \(now)"
            }
            try await platform.waitFor(.ready, of: "echo", "True/Suspended")

            // What is applied again unchanged rolls nothing, and the operator goes on: it makes a second bot's topics.
            try await platform.applyKafkaSecrets(password: "second")
            let other = try await platform.makeBot("other")
            try await platform.apply(Platform.manifest("other"))
            try await platform.waitFor(.ready, of: "other", "True/Ready")
            #expect(try await platform.topics(other).count == 3)
            #expect(try await platform.client.get(Deployment.self, Self.worker).metadata.generation == before + 1)
            #expect(try await platform.topics(bot).count == 3)
        }
    }
}
