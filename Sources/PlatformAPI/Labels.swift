/// Labels on everything the operator owns.
package enum Labels {
    package static let managedBy = "app.kubernetes.io/managed-by"
    package static let managedByValue = "telegram-serverless"
    package static let component = "app.kubernetes.io/component"
    package static let name = "app.kubernetes.io/name"
    package static let instance = "app.kubernetes.io/instance"
    /// The TelegramBot's name.
    package static let bot = "telegram-serverless.io/bot"
    /// `bot_<number>`.
    package static let botID = "telegram-serverless.io/bot-id"
    /// On a binding Secret, and on what a gateway consists of: the TelegramGateway's name.
    package static let gateway = "telegram-serverless.io/gateway"

    /// Fingerprint of what a migration is to.
    package static let version = "telegram-serverless.io/version"

    package static let workerComponent = "worker"
    package static let migrationComponent = "migration"
    package static let bindingComponent = "binding"
    package static let gatewayComponent = "gateway"
    /// On the Leases by which a gateway's replicas share out the bots that they poll.
    package static let pollingComponent = "polling"
}

/// Annotations of the platform.
package enum Annotations {
    /// "true" on the TelegramGateway that bots without `gatewayRef` use.
    package static let defaultGateway = "telegram-serverless.io/is-default-gateway"
    /// Fingerprint of what the operator last applied, on every owned object.
    package static let appliedHash = "telegram-serverless.io/applied-hash"
    /// "namespace/name" of the TelegramBot, on owned objects in other namespaces.
    package static let owner = "telegram-serverless.io/owner"
    /// On a worker's pod template: fingerprint of its Secret, so that a changed token rolls the workers.
    package static let secretHash = "telegram-serverless.io/secret-hash"
    /// On a TelegramBot: any value; a change of it gives the webhook a new secret.
    package static let rotateWebhookSecret = "telegram-serverless.io/rotate-webhook-secret"
    /// On a binding Secret: the value of ``rotateWebhookSecret`` that has been acted on.
    package static let rotation = "telegram-serverless.io/rotation"
    /// On a binding Secret: since when its first webhook secret is the present one, in seconds since 1970.
    package static let secretSince = "telegram-serverless.io/webhook-secret-since"
    /// On a ScaledObject: when the bot was woken, in seconds since 1970. There until KEDA has taken over.
    package static let wokenAt = "telegram-serverless.io/woken-at"
    /// "true" on a Deployment once `spec.replicas` has been handed to the autoscaler.
    package static let replicasHandedOver = "telegram-serverless.io/replicas-handed-over"
    /// Where `kubectl apply` notes what was applied, the whole spec in it.
    package static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
}

/// The operator's identities in server-side apply.
package enum FieldManager {
    package static let main = "telegram-serverless"
    /// Holds `spec.replicas` of a Deployment from its creation until the autoscaler takes it.
    package static let scale = "telegram-serverless-scale"
    /// Holds the annotations on a ScaledObject while a bot is being woken.
    package static let wake = "telegram-serverless-wake"
}

/// The finalizer of a TelegramBot: there until everything made for it outside its namespace is taken back.
package enum BotFinalizer {
    package static let name = "telegram-serverless.io/cleanup"
}
