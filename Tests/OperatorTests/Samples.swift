import Foundation
import KubernetesTypes
import PlatformAPI

@testable import Operator

/// A bot with everything that manifests are made from.
enum Samples {
    static func bot(_ change: (inout TelegramBot) -> Void = { _ in }) -> TelegramBot {
        var bot = TelegramBot(
            metadata: ObjectMeta(name: "echo", namespace: "bots"),
            spec: TelegramBotSpec(
                tokenSecretRef: .init(name: "echo-token"),
                updates: .init(allowedUpdates: ["message", "callback_query"], maxConnections: 20),
                worker: .init(
                    image: "registry/echo:1", imagePullPolicy: .ifNotPresent, command: ["/echo"], args: ["--fast"],
                    env: [EnvVar(name: "GREETING", value: "Hi")],
                    envFrom: [EnvFromSource(secretRef: OptionalReference(name: "more"))],
                    resources: ResourceRequirements(
                        requests: ["cpu": "20m"], limits: ["memory": "128Mi"]),
                    imagePullSecrets: [LocalObjectReference(name: "registry")]),
                scaling: .init(maxReplicas: 4, lagThreshold: 7, cooldownPeriod: "5m")))
        bot.metadata.uid = "uid-of-echo"
        bot.metadata.generation = 3
        bot.metadata.creationTimestamp = "2024-01-01T00:00:00Z"
        change(&bot)
        return bot
    }

    static var gateway: TelegramGateway {
        TelegramGateway(
            metadata: ObjectMeta(name: "main", namespace: "tgs"),
            spec: TelegramGatewaySpec(
                publicURL: "https://bots.example.org",
                kafka: .init(bootstrapServers: "kafka:9092", replicationFactor: 3),
                telegram: .init(apiBaseURL: "http://simulator:8081")))
    }

    static func context(
        _ bot: TelegramBot = bot(), gateway: TelegramGateway = gateway, number: Int64 = 42,
        token: String = "42:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", kafka: KafkaAccess? = nil
    ) -> WorkerContext {
        WorkerContext(
            bot: bot, botID: BotID(number: number), token: BotCredential(token), gateway: gateway,
            kafka: kafka ?? KafkaAccess(servers: gateway.spec.kafka.bootstrapServers))
    }

    /// A gateway whose brokers want everything that there is.
    static var securedGateway: TelegramGateway {
        var secured = gateway
        secured.spec.kafka.tls = .init(
            caSecretRef: .init(name: "kafka-ca"), clientCertificateSecretRef: .init(name: "kafka-client"))
        secured.spec.kafka.sasl = .init(
            mechanism: .scramSHA512, credentialsSecretRef: .init(name: "kafka-login", passwordKey: "pw"))
        return secured
    }

    /// The Secrets that it names.
    static var kafkaSecrets: [String: Secret] {
        func secret(_ name: String, _ data: [String: String]) -> Secret {
            Secret(metadata: ObjectMeta(name: name, namespace: "tgs"), data: data.mapValues { Data($0.utf8) })
        }
        return [
            "kafka-ca": secret("kafka-ca", ["ca.crt": "-----BEGIN CERTIFICATE-----\nCA\n"]),
            "kafka-client": secret(
                "kafka-client",
                ["tls.crt": "-----BEGIN CERTIFICATE-----\nCERT\n", "tls.key": "-----BEGIN PRIVATE KEY-----\nKEY\n"]),
            "kafka-login": secret("kafka-login", ["username": "tgs", "pw": "hunter2\n"]),
        ]
    }

    static func securedContext(
        _ bot: TelegramBot = bot(), secrets: [String: Secret] = kafkaSecrets
    ) throws -> WorkerContext {
        let values = try KafkaCredentials.values(securedGateway, secrets)
        return context(
            bot, gateway: securedGateway, kafka: KafkaAccess(securedGateway.spec.kafka, secrets: values))
    }

    static func secrets(_ values: [String]) -> WebhookSecrets {
        WebhookSecrets(values: values, tokenFingerprint: "0123456789abcdef", request: "", since: 1_700_000_000)
    }

    /// The JSON of a value for people to read: members in order, one a line.
    static func pretty(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}
