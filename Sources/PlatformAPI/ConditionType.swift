/// The conditions of TelegramBots and TelegramGateways, in the order in which the steps of a reconcile report them.
package enum ConditionType: String, Sendable, CaseIterable {
    /// The sum of the others.
    case ready = "Ready"
    /// Telegram knows the token.
    case tokenValid = "TokenValid"
    /// The gateway that the bot names exists.
    case gatewayReady = "GatewayReady"
    /// The topics exist as asked for and offsets are committed.
    case topicsReady = "TopicsReady"
    /// Of a gateway: its brokers answer.
    case kafkaReady = "KafkaReady"
    /// The Deployment of the worker, or of the gateway, is as asked for.
    case workloadReady = "WorkloadReady"
    /// Of a gateway that the operator runs: all replicas are of the present spec.
    case programmed = "Programmed"
    /// Of a gateway that the operator exposes: webhooks can get to it.
    case exposed = "Exposed"
    /// KEDA scales the worker.
    case scalerReady = "ScalerReady"
    /// Telegram shows the profile of the spec. Absent when the spec has none.
    case profileSynced = "ProfileSynced"
    /// Telegram delivers to the gateway.
    case webhookReady = "WebhookReady"
    /// Updates reach the worker, and answers reach Telegram.
    case delivering = "Delivering"
    /// Somebody changed what the operator keeps, and `driftPolicy: Report` leaves it so. Present only while it holds.
    case drifted = "Drifted"
    /// kstatus: work is under way.
    case reconciling = "Reconciling"
    /// kstatus: nothing will get better without a change by a person.
    case stalled = "Stalled"
}
