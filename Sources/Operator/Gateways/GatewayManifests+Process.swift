import JSON
import KubernetesTypes
import PlatformAPI

/// What the gateway's process is told: flags, and files that Secrets are mounted as.
extension GatewayManifests {
    private typealias Kafka = TelegramGatewaySpec.Kafka

    /// A key of a Secret as a file in the pod.
    private struct File {
        let secret: String
        let key: String
        /// Within its volume.
        let name: String
        /// The flag that names it.
        let flag: String
    }

    private static let kafkaFolder = "/kafka"
    private static let redisFolder = "/redis"
    private static let redisFile = "url"

    static func arguments(_ context: GatewayContext) -> [String] {
        let spec = context.spec
        var arguments = [
            "gateway", "--name=\(context.name)", "--namespace=\(context.gateway.metadata.namespace ?? "")",
            "--kafka-brokers=\(spec.kafka.bootstrapServers)", "--api-base-url=\(spec.apiBaseURL)",
        ]
        if let tls = spec.kafka.tls {
            arguments.append("--kafka-tls")
            if !tls.verifiesHostname { arguments.append("--kafka-skip-hostname-verification") }
        }
        if let sasl = spec.kafka.sasl { arguments.append("--kafka-sasl-mechanism=\(sasl.mechanism.rawValue)") }
        arguments += kafkaFiles(spec.kafka).map { "--\($0.flag)=\(kafkaFolder)/\($0.name)" }
        if spec.redis != nil { arguments.append("--redis-url-file=\(redisFolder)/\(redisFile)") }
        return arguments
    }

    private static func kafkaFiles(_ kafka: TelegramGatewaySpec.Kafka) -> [File] {
        var files: [File] = []
        if let authority = kafka.tls?.caSecretRef {
            files.append(
                File(secret: authority.name, key: authority.effectiveKey, name: "ca.crt", flag: "kafka-ca-file"))
        }
        if let certificate = kafka.tls?.clientCertificateSecretRef {
            files.append(
                File(
                    secret: certificate.name, key: Kafka.SecretName.certificateKey, name: "client.crt",
                    flag: "kafka-certificate-file"))
            files.append(
                File(
                    secret: certificate.name, key: Kafka.SecretName.privateKeyKey, name: "client.key",
                    flag: "kafka-key-file"))
        }
        if let login = kafka.sasl?.credentialsSecretRef {
            files.append(
                File(
                    secret: login.name, key: login.effectiveUsernameKey, name: "username",
                    flag: "kafka-sasl-username-file"))
            files.append(
                File(
                    secret: login.name, key: login.effectivePasswordKey, name: "password",
                    flag: "kafka-sasl-password-file"))
        }
        return files
    }

    static func volumes(_ context: GatewayContext) -> [JSONValue] {
        var volumes: [JSONValue] = []
        let files = kafkaFiles(context.spec.kafka)
        if !files.isEmpty {
            let sources = files.map { source($0.secret, key: $0.key, path: $0.name) }
            volumes.append(volume("kafka", sources))
        }
        if let redis = context.spec.redis?.urlSecretRef {
            volumes.append(volume("redis", [source(redis.name, key: redis.effectiveKey, path: redisFile)]))
        }
        return volumes
    }

    private static func volume(_ name: String, _ sources: [JSONValue]) -> JSONValue {
        // Octal 0440: for the pod's group.
        ["name": .string(name), "projected": ["sources": .array(sources), "defaultMode": 288]]
    }

    private static func source(_ secret: String, key: String, path: String) -> JSONValue {
        ["secret": ["name": .string(secret), "items": [["key": .string(key), "path": .string(path)]]]]
    }

    static func mounts(_ context: GatewayContext) -> [JSONValue] {
        volumes(context).compactMap { $0["name"] }.map { name in
            let folder = name == "kafka" ? kafkaFolder : redisFolder
            return ["name": name, "mountPath": .string(folder), "readOnly": true]
        }
    }
}
