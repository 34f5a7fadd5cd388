package import JSON
package import KubernetesTypes

/// A gateway that carries messages between Telegram and Kafka for the bots that name it.
package struct TelegramGateway: KubernetesResource, Equatable {
    package static let definition = ResourceDefinition(
        group: PlatformGroup.name, version: PlatformGroup.version, kind: "TelegramGateway",
        plural: "telegramgateways")

    package var metadata: ObjectMeta
    package var spec: TelegramGatewaySpec
    package var status: TelegramGatewayStatus?

    package init(metadata: ObjectMeta, spec: TelegramGatewaySpec, status: TelegramGatewayStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// The consumer group in which the gateway's replicas share the outgoing topics of all their bots.
    package static func senderGroup(_ gateway: ObjectKey) -> String {
        "tgs_gateway_\(gateway.namespace ?? "")_\(gateway.name)"
    }

    /// Whether bots without `gatewayRef` use this gateway.
    package var isDefault: Bool { metadata.annotations?[Annotations.defaultGateway] == "true" }
}

/// What the operator must know of a gateway to bind bots to it, and to run it.
package struct TelegramGatewaySpec: Codable, Sendable, Equatable {
    /// Where Telegram reaches the gateway: scheme, host and optionally port and path, without a slash at its end.
    package var publicURL: String
    package var kafka: Kafka
    package var telegram: Telegram?
    /// Of bots that do not say otherwise; absent: `WhenDurable`.
    package var acknowledge: Acknowledgement?
    /// Where the gateway's Bot API proxy is; absent: workers get the token itself.
    package var botAPIProxy: BotAPIProxy?
    /// Namespaces whose bots may use the gateway; absent: all.
    package var allowedNamespaces: [String]?
    /// Whether the operator runs the gateway: see ``isManaged``.
    package var managed: Bool?
    /// Absent: the operator's own.
    package var image: String?
    package var imagePullPolicy: ImagePullPolicy?
    package var imagePullSecrets: [LocalObjectReference]?
    package var replicas: Replicas?
    package var resources: ResourceRequirements?
    package var env: [EnvVar]?
    /// A part of a pod template, of any fields, that is laid over the one made of the fields above.
    package var template: JSONValue?
    package var redis: Redis?
    /// Absent: `None`.
    package var exposure: Exposure?
    /// Whether a NetworkPolicy lets only what the gateway answers get to its pods; absent: one does.
    package var networkPolicy: Bool?

    package init(
        publicURL: String, kafka: Kafka, telegram: Telegram? = nil, acknowledge: Acknowledgement? = nil,
        botAPIProxy: BotAPIProxy? = nil
    ) {
        self.publicURL = publicURL
        self.kafka = kafka
        self.telegram = telegram
        self.acknowledge = acknowledge
        self.botAPIProxy = botAPIProxy
    }

    package struct BotAPIProxy: Codable, Sendable, Equatable {
        /// As workers reach it: scheme, host and optionally port and path, without a slash at its end.
        package var url: String

        package init(url: String) { self.url = url }
    }

    package struct Kafka: Codable, Sendable, Equatable {
        /// "host:port,host:port", as seen from the gateway and the workers.
        package var bootstrapServers: String
        /// Of the topics made for bots; absent: the brokers' default.
        package var replicationFactor: Int?
        /// Absent: plain text.
        package var tls: TLS?
        /// Absent: nobody logs in, except by a certificate.
        package var sasl: SASL?

        package init(bootstrapServers: String, replicationFactor: Int? = nil, tls: TLS? = nil, sasl: SASL? = nil) {
            self.bootstrapServers = bootstrapServers
            self.replicationFactor = replicationFactor
            self.tls = tls
            self.sasl = sasl
        }
    }

    package struct Telegram: Codable, Sendable, Equatable {
        /// The Bot API server; absent: https://api.telegram.org.
        package var apiBaseURL: String?

        package init(apiBaseURL: String? = nil) { self.apiBaseURL = apiBaseURL }
    }

    /// Telegram's own Bot API server.
    package static let officialAPIBaseURL = "https://api.telegram.org"

    package var effectiveAcknowledge: Acknowledgement { acknowledge ?? .whenDurable }

    package var apiBaseURL: String { telegram?.apiBaseURL ?? Self.officialAPIBaseURL }
}
