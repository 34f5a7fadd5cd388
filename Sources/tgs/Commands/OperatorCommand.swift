import Concurrency
import FoundationEssentials
import HTTPClient
import HTTPServer
import KubernetesClient
import KubernetesTypes
import Observability
import Operator

/// `tgs operator`.
struct OperatorCommand: Command {
    static let name = "operator"
    static let summary = "Makes and keeps what TelegramBots need, and runs TelegramGateways."
    static let options =
        CommonOptions.kubernetes + [
            CommandOption(
                "namespace", "NAME", "Takes care of the bots and gateways of this namespace only; of all unless given."),
            CommandOption("image", "IMAGE", "What gateways run that name no image: the one that the operator runs."),
            CommandOption(
                "workers", "COUNT", default: "24",
                "Bots that are worked on at the same time. A quarter is kept free for what people change and delete."),
            CommandOption(
                "resync-interval", "DURATION", default: "10m",
                "How often a bot that is well is looked at again: Kafka and Telegram cannot be watched."),
            CommandOption(
                "token-check-interval", "DURATION", default: "6h",
                "How often Telegram is asked whether it knows a token."),
            CommandOption(
                "deletion-patience", "DURATION", default: "10m",
                "How long the deletion of a bot waits for a broker or a Bot API server that does not answer."),
            CommandOption(
                "drain-timeout", "DURATION", default: "30s",
                "How long the deletion of a bot waits until everything that has come in is answered."),
            CommandOption(
                "offset-refresh-interval", "DURATION", default: "24h",
                "How often the offsets of a bot that sleeps are committed again; brokers forget them after 7 days."),
            CommandOption(
                "webhook-secret-overlap", "DURATION", default: "5m",
                "How long the gateway takes a bot's old webhook secret beside a new one."),
            CommandOption(
                "optional-kind-interval", "DURATION", default: "30s",
                "How often it is looked whether KEDA has appeared."),
            CommandOption("telegram-timeout", "DURATION", default: "15s", "Time-out of a call to the Bot API."),
            CommandOption("kafka-timeout", "DURATION", default: "15s", "Time-out of a request to Kafka."),
            CommandOption(
                "retry-maximum", "DURATION", default: "5m", "The longest pause between tries for a bot that fails."),
            CommandOption(
                "leader-election", nil,
                "Lets one of several operators work, by a Lease. Leave it off only where there is one."),
            CommandOption(
                "lease-namespace", "NAME", "Where the Lease is; the pod's or the kubeconfig's namespace unless given."),
            CommandOption(
                "identity", "NAME", "Names this process in the Lease and in Events; the host's name unless given."),
            CommonOptions.host, CommonOptions.healthPort, CommonOptions.logLevel,
        ]

    private let settings: OperatorSettings
    private let cluster: ClusterConfiguration
    private let leaderElection: OperatorService.LeaderElection?
    private let identity: String
    private let probes: ProbeServer.Settings
    private let logger: Logger

    init(_ values: OptionValues) throws {
        var settings = OperatorSettings()
        settings.namespace = values.optional("namespace")
        settings.image = values.optional("image")
        settings.workers = try values.integer("workers", in: 1...1000)
        settings.resyncInterval = try values.duration("resync-interval")
        settings.tokenCheckInterval = try values.duration("token-check-interval")
        settings.deletionPatience = try values.duration("deletion-patience")
        settings.drainTimeout = try values.duration("drain-timeout")
        settings.offsetRefreshInterval = try values.duration("offset-refresh-interval")
        settings.webhookSecretOverlap = try values.duration("webhook-secret-overlap")
        settings.optionalKindInterval = try values.duration("optional-kind-interval")
        settings.telegramTimeout = try values.duration("telegram-timeout")
        settings.kafkaTimeout = try values.duration("kafka-timeout")
        settings.retryMaximum = try values.duration("retry-maximum")
        settings.retryBase = min(settings.retryBase, settings.retryMaximum)
        self.settings = settings
        logger = try CommonOptions.logger("operator", values)
        probes = try ProbeServer.Settings(values)
        identity = values.optional("identity") ?? ProcessIdentity.hostName
        cluster = try CommonOptions.cluster(values)
        let isElecting = try values.flag("leader-election")
        leaderElection =
            isElecting
            ? OperatorService.LeaderElection(
                lease: ObjectKey(
                    namespace: values.optional("lease-namespace") ?? cluster.namespace,
                    name: "telegram-serverless-operator"),
                identity: identity) : nil
    }

    func run() async throws {
        Memory.favorSize()
        let metrics = MetricsRegistry()
        let health = HealthRegistry()
        let client = try KubernetesClient(cluster, logger: logger)
        // However many bots hang at Telegram, there is a connection for the others.
        var calls = HTTPClient.Configuration()
        calls.maxConnectionsPerHost = settings.workers + settings.maxWaiting
        calls.maxConnections = calls.maxConnectionsPerHost
        let http = try HTTPClient(calls)
        let service = OperatorService(
            client: client, http: http, settings: settings, identity: identity, leaderElection: leaderElection,
            logger: logger, metrics: metrics, health: health)
        logger.info("operator starts", ["version": .string(TGS.version), "server": .string(cluster.server)])
        let probes = ProbeServer.make(probes, health: health, metrics: metrics, logger: logger)
        try await Programs.run([probes, service], logger: logger)
        await http.shutdown()
    }
}
