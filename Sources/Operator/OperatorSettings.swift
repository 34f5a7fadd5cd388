/// How the operator works; `tgs operator --help` has a flag and an environment variable for all but the first delay of a
/// retry and the most that may wait.
package struct OperatorSettings: Sendable {
    /// Only bots and gateways of this namespace; `nil`: of all.
    package var namespace: String?
    /// What gateways run that name no image: the operator's own; `nil`: not known.
    package var image: String?
    /// Reconciles that may run at the same time.
    package var workers = 24
    /// Reconciles that may wait for Telegram or Kafka beside them.
    package var maxWaiting = 512
    /// How often a bot that is well is looked at without a cause: Kafka and Telegram cannot be watched.
    package var resyncInterval = Duration.seconds(600)
    /// How often Telegram is asked again whether it still knows a token.
    package var tokenCheckInterval = Duration.seconds(6 * 3600)
    /// How long a deletion waits for a broker or a Bot API server that does not answer before it leaves things behind.
    package var deletionPatience = Duration.seconds(600)
    /// How often the offsets of a bot that sleeps are committed again: brokers forget them after a week.
    package var offsetRefreshInterval = Duration.seconds(24 * 3600)
    /// For how long the gateway takes a bot's old webhook secret beside a new one.
    package var webhookSecretOverlap = Duration.seconds(300)
    /// How long the deletion of a bot waits for its worker and the gateway to answer what has come in.
    package var drainTimeout = Duration.seconds(30)
    /// The first delay after a failed reconcile.
    package var retryBase = Duration.milliseconds(500)
    /// The longest delay between failed reconciles.
    package var retryMaximum = Duration.seconds(300)
    /// For one call to the Bot API.
    package var telegramTimeout = Duration.seconds(15)
    /// For one request to Kafka.
    package var kafkaTimeout = Duration.seconds(15)
    /// How often it is looked whether an absent kind (KEDA's) has appeared.
    package var optionalKindInterval = Duration.seconds(30)

    package init() {}
}
