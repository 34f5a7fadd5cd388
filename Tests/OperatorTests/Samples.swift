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
                    image: "registry/echo:1", imagePullPolicy: "IfNotPresent", command: ["/echo"], args: ["--fast"],
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
