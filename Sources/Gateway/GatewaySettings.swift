package import ControllerRuntime
package import KafkaClient
package import KubernetesTypes
package import RedisClient
package import TelegramBotAPI

/// How a gateway works; every setting has a flag and an environment variable in `tgs gateway --help`.
package struct GatewaySettings: Sendable {
    /// The TelegramGateway whose bindings are followed; its namespace is where the binding Secrets are.
    package var gateway: ObjectKey
    /// "host:port,host:port".
    package var bootstrapServers: String
    /// How the brokers are reached and logged in to.
    package var kafkaSecurity = KafkaSecurity.plaintext
    /// The Bot API server that outgoing calls go to.
    package var apiBaseURL = "https://api.telegram.org"
    /// The address that webhooks come in at.
    package var host = "0.0.0.0"
    /// Where Telegram's webhooks come in.
    package var webhookPort: UInt16 = 8080
    /// Where the Bot API proxy listens: 0 for a free port, `nil` for no proxy.
    package var proxyPort: UInt16?
    /// The largest request to the proxy: an upload.
    package var proxyMaxBodyBytes = 64 << 20
    /// How long a proxied call waits for its turn by Telegram's limits before the bot is told 429: shorter than bots wait
    /// for an answer.
    package var proxyWait = Duration.seconds(3)
    /// The largest webhook body. Telegram's updates stay well under it.
    package var maxBodyBytes = 1 << 20
    /// How long a webhook waits for the broker. Telegram itself waits 60 s.
    package var deliveryTimeout = Duration.seconds(20)
    /// The most updates that may wait for the broker; beyond it webhooks are answered with 503.
    package var maxOutstanding = 20_000
    /// The most bytes of updates that may wait: on their way in, and on their way to the broker. Beyond it webhooks are answered
    /// with 503. What the process needs for them is about three times as much.
    package var maxOutstandingBytes = 64 << 20
    /// The part of the requests that went well which the log tells, 0...1.
    package var accessLogSample = AccessLog.defaultSample
    /// Bots with series of their own among the metrics; the others share one.
    package var metricsBots = BotMetrics.defaultMaximum
    /// What a 503 says in `Retry-After`, in seconds.
    package var retryAfterSeconds = 2
    /// Calls to the Bot API that one bot may have under way at the same time, each in another chat.
    package var callsPerBot = 8
    /// What a bot may send, before Telegram says otherwise.
    package var sendLimits = SendLimits()
    /// Answers of one bot that may wait in memory; beyond it its topic is not read on.
    package var waitingPerBot = 500
    /// Answers of one bot that may be sent while an older one, of another chat, waits: a gateway that takes over sends
    /// them again. Beyond it the bot's topic is not read on.
    package var sentAheadPerBot = 5000
    /// For one call to the Bot API.
    package var callTimeout = Duration.seconds(60)
    /// How long an answer is tried again while the Bot API server does not take it; then it becomes a dead letter.
    package var giveUpAfter = Duration.seconds(3600)

    /// What this replica is called among those that poll: the pod's name.
    package var replica = "gateway"
    /// How long Telegram may hold a call for updates, in whole seconds; it takes 50 at most.
    package var pollWait = Duration.seconds(50)
    /// Connections that calls for updates may have; with more bots than that each waits for its turn.
    package var pollConnections = 4096
    /// The Leases by which replicas share out the bots that they poll. Each is renewed once a retry period.
    package var pollingLease = LeaderElectionTiming(retryPeriod: .seconds(3))

    /// How long Kafka hears nothing of a gateway before others send the answers that were its own. Brokers take 6 s or more, and
    /// it must not be above 300 s.
    package var senderSessionTimeout = Duration.seconds(45)

    /// How long webhooks are still taken after the readiness has gone, so that proxies hear of it first.
    package var drainDelay = Duration.zero

    /// The Redis server by which replicas know of one another's updates; `nil`: each knows of its own alone.
    package var redisURL: RedisURL?
    /// How long an answer of Redis is waited for; an update goes on without it.
    package var redisTimeout = Duration.milliseconds(250)
    /// How long a route's service is told how it called a user who has not come back.
    package var sessionLife = Duration.seconds(24 * 3600)
    /// Updates of one bot that may be with its routes' services at the same time; beyond it they are refused with 503.
    package var routedPerBot = 32
    /// The same for all bots together.
    package var routedUpdates = 1000

    package init(gateway: ObjectKey, bootstrapServers: String) {
        self.gateway = gateway
        self.bootstrapServers = bootstrapServers
    }
}
