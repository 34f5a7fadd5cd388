package import JSON
package import KubernetesTypes

/// What the owner of a bot asks for. Fields that are absent take the defaults named here, which are also the defaults of
/// the CRD's schema; `crds/telegrambots.yaml` describes each for `kubectl explain`.
package struct TelegramBotSpec: Codable, Sendable, Equatable {
    /// The Secret, in the bot's namespace, that holds the token @BotFather gave.
    package var tokenSecretRef: SecretKeyReference
    /// `bot_<number>`: which bot the token must be of. Absent: the first one that Telegram confirmed.
    package var botID: String?
    /// The gateway that carries the bot's messages; absent: the cluster's default gateway.
    package var gatewayRef: GatewayReference?
    package var updates: Updates?
    /// Updates that HTTP services answer; the first route that matches counts. What matches none is the worker's.
    package var routes: [Route]?
    package var worker: Worker?
    package var scaling: Scaling?
    package var kafka: Kafka?
    /// Switches by name, given to the worker as variables `FEATURE_<NAME>`.
    package var features: [String: Bool]?
    package var profile: Profile?
    /// Absent: the bot works.
    package var suspend: Suspension?
    /// Absent: `Repair`.
    package var driftPolicy: DriftPolicy?
    /// Absent: `IfOwned`.
    package var adoptionPolicy: AdoptionPolicy?
    /// What happens to topics and offsets when the bot is deleted; absent: `Delete`.
    package var deletionPolicy: DeletionPolicy?

    package init(
        tokenSecretRef: SecretKeyReference, botID: String? = nil, gatewayRef: GatewayReference? = nil,
        updates: Updates? = nil, routes: [Route]? = nil, worker: Worker? = nil, scaling: Scaling? = nil,
        kafka: Kafka? = nil,
        profile: Profile? = nil, features: [String: Bool]? = nil, suspend: Suspension? = nil,
        driftPolicy: DriftPolicy? = nil, adoptionPolicy: AdoptionPolicy? = nil, deletionPolicy: DeletionPolicy? = nil
    ) {
        self.tokenSecretRef = tokenSecretRef
        self.botID = botID
        self.features = features
        self.suspend = suspend
        self.driftPolicy = driftPolicy
        self.adoptionPolicy = adoptionPolicy
        self.gatewayRef = gatewayRef
        self.updates = updates
        self.routes = routes
        self.worker = worker
        self.scaling = scaling
        self.kafka = kafka
        self.profile = profile
        self.deletionPolicy = deletionPolicy
    }
}

extension TelegramBotSpec {
    /// A key of a Secret in the same namespace.
    package struct SecretKeyReference: Codable, Sendable, Equatable {
        package var name: String
        /// Absent: `token`.
        package var key: String?

        package init(name: String, key: String? = nil) {
            self.name = name
            self.key = key
        }
    }

    /// A TelegramGateway by name.
    package struct GatewayReference: Codable, Sendable, Equatable {
        package var name: String
        /// Absent: the bot's own namespace.
        package var namespace: String?

        package init(name: String, namespace: String? = nil) {
            self.name = name
            self.namespace = namespace
        }
    }

    /// Which updates Telegram sends, and how.
    package struct Updates: Codable, Sendable, Equatable {
        /// Absent: `Webhook`.
        package var mode: UpdateMode?
        /// Telegram's names of update kinds; absent: Telegram's default set.
        package var allowedUpdates: [String]?
        /// Simultaneous webhook connections, 1–100; absent: 40. Means nothing to a bot that is polled.
        package var maxConnections: Int?
        /// Whether a webhook that points elsewhere may be replaced; absent: `IfUnowned`.
        package var webhookAdoption: WebhookAdoption?
        /// When Telegram is told that an update has arrived; absent: as the gateway says.
        package var acknowledge: Acknowledgement?
        /// Absent: none.
        package var rateLimit: RateLimit?

        package init(
            mode: UpdateMode? = nil, allowedUpdates: [String]? = nil, maxConnections: Int? = nil,
            webhookAdoption: WebhookAdoption? = nil, acknowledge: Acknowledgement? = nil, rateLimit: RateLimit? = nil
        ) {
            self.mode = mode
            self.acknowledge = acknowledge
            self.rateLimit = rateLimit
            self.allowedUpdates = allowedUpdates
            self.maxConnections = maxConnections
            self.webhookAdoption = webhookAdoption
        }
    }

    /// The program that answers the bot's updates, as a container.
    package struct Worker: Codable, Sendable, Equatable {
        package var image: String
        package var imagePullPolicy: ImagePullPolicy?
        package var command: [String]?
        package var args: [String]?
        package var env: [EnvVar]?
        package var envFrom: [EnvFromSource]?
        package var resources: ResourceRequirements?
        package var imagePullSecrets: [LocalObjectReference]?
        package var serviceAccountName: String?
        /// A part of a pod template, of any fields, that is laid over the one made of the fields above.
        package var template: JSONValue?
        package var migration: Migration?
        package var rollout: Rollout?

        package init(
            image: String, imagePullPolicy: ImagePullPolicy? = nil, command: [String]? = nil, args: [String]? = nil,
            env: [EnvVar]? = nil, envFrom: [EnvFromSource]? = nil, resources: ResourceRequirements? = nil,
            imagePullSecrets: [LocalObjectReference]? = nil, serviceAccountName: String? = nil,
            template: JSONValue? = nil, migration: Migration? = nil, rollout: Rollout? = nil
        ) {
            self.template = template
            self.migration = migration
            self.rollout = rollout
            self.image = image
            self.imagePullPolicy = imagePullPolicy
            self.command = command
            self.args = args
            self.env = env
            self.envFrom = envFrom
            self.resources = resources
            self.imagePullSecrets = imagePullSecrets
            self.serviceAccountName = serviceAccountName
        }
    }

    /// How many workers there are, and when.
    package struct Scaling: Codable, Sendable, Equatable {
        /// Absent: 0, an idle bot has no pod.
        package var minReplicas: Int?
        /// Absent: 10.
        package var maxReplicas: Int?
        /// Unanswered updates per worker beyond which another is added; absent: 5.
        package var lagThreshold: Int?
        /// Unanswered updates beyond which a sleeping bot is woken; absent: 0.
        package var activationLagThreshold: Int?
        /// How often KEDA looks, as "30s"; absent: 30 s.
        package var pollingInterval: String?
        /// How long a bot without updates stays awake, as "120s"; absent: 120 s.
        package var cooldownPeriod: String?

        package init(
            minReplicas: Int? = nil, maxReplicas: Int? = nil, lagThreshold: Int? = nil,
            activationLagThreshold: Int? = nil, pollingInterval: String? = nil, cooldownPeriod: String? = nil
        ) {
            self.minReplicas = minReplicas
            self.maxReplicas = maxReplicas
            self.lagThreshold = lagThreshold
            self.activationLagThreshold = activationLagThreshold
            self.pollingInterval = pollingInterval
            self.cooldownPeriod = cooldownPeriod
        }
    }

    /// The bot's topics.
    package struct Kafka: Codable, Sendable, Equatable {
        /// Partitions of the incoming topic; absent: `scaling.maxReplicas`.
        package var partitions: Int?
        /// Absent: the gateway's.
        package var replicationFactor: Int?
        /// Topic configuration by Kafka's names, for the incoming topic.
        package var config: [String: String]?
        /// Whether there is a topic for the results of calls that ask for them; absent: there is none.
        package var results: Bool?

        package init(
            partitions: Int? = nil, replicationFactor: Int? = nil, config: [String: String]? = nil,
            results: Bool? = nil
        ) {
            self.results = results
            self.partitions = partitions
            self.replicationFactor = replicationFactor
            self.config = config
        }
    }

    /// How updates come from Telegram.
    package enum UpdateMode: String, Codable, Sendable, CaseIterable {
        /// Telegram sends them to the gateway.
        case webhook = "Webhook"
        /// The gateway asks Telegram for them. Nothing of the gateway need be reached from outside.
        case polling = "Polling"
    }

    /// Whose webhook at Telegram may be replaced by the bot's own.
    package enum WebhookAdoption: String, Codable, Sendable, CaseIterable {
        /// None that points elsewhere, not even where the bot had its webhook before.
        case never = "Never"
        /// Where there is none, where the bot had its webhook before, and where it points at a gateway of this cluster.
        case ifUnowned = "IfUnowned"
        /// Any.
        case always = "Always"
    }

    /// How a bot is at rest. No worker runs in any case.
    package enum Suspension: String, Codable, Sendable, CaseIterable {
        /// Updates are taken and kept in Kafka.
        case buffer = "Buffer"
        /// Updates are refused: Telegram keeps them for as long as it does, 24 hours for messages.
        case refuse = "Refuse"
        /// The webhook is taken away: Telegram keeps updates as for `Refuse`.
        case off = "Off"
    }

    /// What happens to a difference that somebody else made.
    package enum DriftPolicy: String, Codable, Sendable, CaseIterable {
        /// It is put right.
        case repair = "Repair"
        /// It is told in the condition `Drifted`, and left.
        case report = "Report"
    }

    /// What happens to topics, Deployment and Secret of the right names that are there already.
    package enum AdoptionPolicy: String, Codable, Sendable, CaseIterable {
        /// Those that carry the platform's mark are used, others refused.
        case ifOwned = "IfOwned"
        /// They are taken over.
        case always = "Always"
    }

    package enum DeletionPolicy: String, Codable, Sendable, CaseIterable {
        /// Topics and offsets go with the bot.
        case delete = "Delete"
        /// Topics and offsets stay.
        case retain = "Retain"
    }
}
