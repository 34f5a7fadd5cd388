import Concurrency
import ControllerRuntime
import FoundationEssentials
import Gateway
import HTTPClient
import HTTPServer
import KubernetesClient
import KubernetesTypes
import Observability
import RedisClient
import TelegramBotAPI
import Tracing

/// `tgs gateway`.
struct GatewayCommand: Command {
    static let name = "gateway"
    static let summary = "Takes Telegram's webhooks to Kafka, and workers' answers from Kafka to Telegram."
    static let options =
        CommonOptions.kubernetes + [
            CommandOption("name", "NAME", "The TelegramGateway whose bots are carried."),
            CommandOption(
                "namespace", "NAME",
                "Its namespace, where the bindings are; the pod's or the kubeconfig's unless given."),
            CommandOption("kafka-brokers", "HOST:PORT,…", "Kafka's bootstrap servers."),
        ] + KafkaOptions.all + [
            CommandOption(
                "redis-url-file", "FILE",
                "A file with the URL of a Redis server, redis://[[user]:password@]host[:port][/database], through which "
                    + "replicas know which updates the others have taken."),
            CommandOption(
                "redis-timeout", "DURATION", default: "250ms",
                "How long an update waits for Redis; then it goes on without."),
            CommandOption(
                "session-ttl", "DURATION", default: "24h",
                "How long a route's service is told how it called a user who has not come back. Needs Redis."),
            CommandOption(
                "routed-per-bot", "COUNT", default: "32",
                "Updates of one bot that may be with its routes' services; beyond it webhooks are answered 503."),
            CommandOption("routed-updates", "COUNT", default: "1000", "The same for all bots together."),
            CommandOption("api-base-url", "URL", default: "https://api.telegram.org", "The Bot API server."),
            CommonOptions.host,
            CommandOption("webhook-port", "PORT", default: "8080", "Where webhooks come in; 0 takes a free port."),
            CommandOption(
                "proxy-port", "PORT", default: "8082",
                "Where bots call the Bot API; 0 takes a free port, \"off\" none."),
            CommandOption(
                "proxy-max-body-bytes", "BYTES", default: "67108864", "The largest request to that proxy: an upload."),
            CommandOption("max-body-bytes", "BYTES", default: "1048576", "The largest webhook body."),
            CommandOption(
                "delivery-timeout", "DURATION", default: "20s",
                "How long a webhook waits for the broker's acknowledgement; Telegram itself waits 60s."),
            CommandOption(
                "max-outstanding", "COUNT", default: "20000",
                "Updates that may wait for the broker; beyond it webhooks are answered 503."),
            CommandOption(
                "max-outstanding-bytes", "BYTES", default: "67108864",
                "Bytes of updates that may wait, arriving ones included; beyond it webhooks are answered 503."),
            CommandOption("retry-after", "SECONDS", default: "2", "What a 503 says in Retry-After."),
            CommandOption("calls-per-bot", "COUNT", default: "8", "Calls of one bot under way at the same time."),
            CommandOption(
                "chat-messages-per-second", "COUNT", default: "1",
                "What a bot sends to one chat, after a burst of 3; 0: only what 429s say."),
            CommandOption(
                "group-messages-per-minute", "COUNT", default: "20", "The same for a group or channel."),
            CommandOption(
                "broadcast-messages-per-second", "COUNT", default: "30",
                "The same for all broadcasts of a bot; 1000 where Telegram is paid for it."),
            CommandOption("call-timeout", "DURATION", default: "60s", "Time-out of a call to the Bot API."),
            CommandOption(
                "give-up-after", "DURATION", default: "1h",
                "How long an answer is tried again before it becomes a dead letter."),
            CommandOption(
                "sender-session-timeout", "DURATION", default: "45s",
                "How long Kafka hears nothing of a replica before others send its bots' answers; 6s to 5m."),
            CommandOption(
                "polling-connections", "COUNT", default: "4096",
                "Bots that this replica polls at the same time; those beyond it take turns."),
            CommandOption(
                "polling-lease-duration", "DURATION", default: "15s",
                "How long nothing is heard of a replica before others poll its bots."),
            CommandOption(
                "drain-delay", "DURATION", default: "5s",
                "How long webhooks are still taken at the end, after /ready has begun to answer 503."),
            CommandOption(
                "access-log-sample", "PART", default: "0.01",
                "The part of the requests that went well which is logged, 0 to 1; those that failed are in any case."),
            CommandOption(
                "metrics-bots", "COUNT", default: "1000",
                "Bots with metrics of their own; those of the others are told together."),
            CommonOptions.healthPort, CommonOptions.logLevel,
        ]

    private let settings: GatewaySettings
    private let cluster: ClusterConfiguration
    private let probes: ProbeServer.Settings
    private let logger: Logger
    private let tracing: TracingSettings?

    init(_ values: OptionValues) throws {
        let name = try values.string("name")
        let brokers = try values.string("kafka-brokers")
        logger = try CommonOptions.logger("gateway", values)
        probes = try ProbeServer.Settings(values)
        cluster = try CommonOptions.cluster(values)
        var settings = GatewaySettings(
            gateway: ObjectKey(namespace: values.optional("namespace") ?? cluster.namespace, name: name),
            bootstrapServers: brokers)
        settings.kafkaSecurity = try KafkaOptions.security(values)
        settings.redisURL = try values.optional("redis-url-file").map { try RedisURL(TextFile.read($0)) }
        settings.redisTimeout = try values.duration("redis-timeout")
        settings.sessionLife = try values.duration("session-ttl")
        settings.routedPerBot = try values.integer("routed-per-bot", in: 1...10_000)
        settings.routedUpdates = try values.integer("routed-updates", in: 1...100_000)
        settings.apiBaseURL = try values.string("api-base-url")
        settings.host = try values.string("host")
        settings.webhookPort = try values.port("webhook-port")
        settings.proxyPort = try values.string("proxy-port") == "off" ? nil : values.port("proxy-port")
        settings.proxyMaxBodyBytes = try values.integer("proxy-max-body-bytes", in: 1024...(4 << 30))
        settings.maxBodyBytes = try values.integer("max-body-bytes", in: 1024...(64 << 20))
        settings.deliveryTimeout = try values.duration("delivery-timeout")
        settings.maxOutstanding = try values.integer("max-outstanding", in: 1...10_000_000)
        settings.maxOutstandingBytes = try values.integer("max-outstanding-bytes", in: (1 << 20)...(1 << 40))
        settings.accessLogSample = try values.fraction("access-log-sample")
        settings.metricsBots = try values.integer("metrics-bots", in: 0...100_000)
        settings.retryAfterSeconds = try values.integer("retry-after", in: 1...3600)
        settings.callsPerBot = try values.integer("calls-per-bot", in: 1...1000)
        let perSecond = try values.integer("chat-messages-per-second", in: 0...1000)
        settings.sendLimits.chatInterval = perSecond == 0 ? .zero : .seconds(1) / perSecond
        if perSecond == 0 { settings.sendLimits.editInterval = .zero }
        let perMinute = try values.integer("group-messages-per-minute", in: 0...100_000)
        settings.sendLimits.groupMessages = perMinute == 0 ? nil : perMinute
        let broadcasts = try values.integer("broadcast-messages-per-second", in: 0...100_000)
        settings.sendLimits.bulkMessages = broadcasts == 0 ? nil : broadcasts
        settings.callTimeout = try values.duration("call-timeout")
        settings.giveUpAfter = try values.duration("give-up-after")
        settings.senderSessionTimeout = try values.duration("sender-session-timeout", in: 6...300)
        settings.replica = ProcessIdentity.hostName
        settings.pollConnections = try values.integer("polling-connections", in: 1...1_000_000)
        let lease = max(.seconds(2), try values.duration("polling-lease-duration"))
        settings.pollingLease = LeaderElectionTiming(
            leaseDuration: .seconds(lease.components.seconds), renewDeadline: lease * 2 / 3, retryPeriod: lease / 5)
        settings.drainDelay = try values.duration("drain-delay")
        self.settings = settings
        do {
            tracing = try TracingSettings.fromEnvironment(
                ProcessInfo.processInfo.environment, serviceName: "tgs-gateway")
        } catch {
            throw UsageError(error.description)
        }
    }

    func run() async throws {
        let metrics = MetricsRegistry()
        let health = HealthRegistry()
        let client = try KubernetesClient(cluster, logger: logger)
        // A bot has up to `callsPerBot` at a time, and those of many may hang.
        var calls = HTTPClient.Configuration()
        calls.maxConnectionsPerHost = 512
        calls.maxConnections = 512
        let http = try HTTPClient(calls)
        // A bot that is polled holds a connection nearly all the time.
        var polls = HTTPClient.Configuration()
        polls.maxConnectionsPerHost = settings.pollConnections
        polls.maxConnections = settings.pollConnections
        let pollHTTP = try HTTPClient(polls)
        let exporter = tracing.map { SpanExporter($0, http: http, logger: logger, metrics: metrics) }
        let gateway = try Gateway(
            settings: settings, client: client, http: http, pollHTTP: pollHTTP, logger: logger, metrics: metrics,
            health: health, tracer: exporter?.tracer ?? .off)
        let probes = ProbeServer.make(probes, health: health, metrics: metrics, logger: logger)
        try gateway.webhookServer.start()
        try gateway.proxyServer?.start()
        logger.info(
            "gateway starts",
            [
                "version": .string(TGS.version), "gateway": .string("\(settings.gateway)"),
                "webhook_port": .int(Int(gateway.webhookServer.port)),
                "proxy_port": gateway.proxyServer.map { .int(Int($0.port)) } ?? .string("off"),
            ])
        // Ends behind all that makes spans.
        let first: [any Service] = exporter.map { [probes, $0] } ?? [probes]
        try await Programs.run(first + gateway.services, logger: logger)
        await pollHTTP.shutdown()
        await http.shutdown()
    }
}
