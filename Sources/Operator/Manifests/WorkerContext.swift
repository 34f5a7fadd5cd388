import Cryptography
import JSON
import KubernetesTypes
import Observability
import PlatformAPI

/// What the manifests of one bot are made from: the resource itself and what the earlier steps found out.
struct WorkerContext: Sendable {
    let bot: TelegramBot
    let botID: BotID
    let token: BotCredential
    let gateway: TelegramGateway
    /// How the gateway's brokers are reached.
    let kafka: KafkaAccess
    /// The token that is good at the gateway's Bot API proxy alone, once there is one.
    var alias: Sensitive<String>?
    /// Without the @; `nil` when Telegram was not asked.
    var username: String?

    /// The name of the Deployment, the Secret and the ScaledObject.
    var objectName: String { "bot-\(bot.metadata.name ?? "")" }

    var labels: [String: String] {
        [
            Labels.managedBy: Labels.managedByValue,
            Labels.component: Labels.workerComponent,
            Labels.name: "telegram-bot",
            Labels.instance: bot.metadata.name ?? "",
            Labels.bot: bot.metadata.name ?? "",
            Labels.botID: botID.description,
        ]
    }

    /// A fingerprint of all that stands in the worker's Secret, which may be seen. With the token in it a password cannot be
    /// guessed from it.
    var secretFingerprint: String {
        guard !kafka.secrets.isEmpty || proxy != nil else { return token.fingerprint }
        let values = kafka.secrets.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.value)" }
        let text = ([workerToken.value] + values).joined(separator: "\n")
        return String(SHA256.hex(Array(text.utf8)).prefix(16))
    }

    /// Where the worker calls the Bot API by its alias; `nil` when it calls the Bot API server itself.
    private var proxy: String? { alias == nil ? nil : gateway.spec.botAPIProxy?.url }

    /// What the worker has as its token: behind the proxy an alias, so that the token itself stays with the gateway.
    var workerToken: Sensitive<String> {
        guard proxy != nil, let alias else { return token.token }
        return alias
    }

    /// What the worker is told of the Bot API server.
    var workerAPIBaseURL: String { proxy ?? gateway.spec.apiBaseURL }

    /// The labels of the worker's pods.
    var podLabels: [String: String] {
        let overlay = bot.spec.worker?.template?["metadata"]?["labels"]?.objectValue ?? [:]
        return overlay.reduce(into: labels) { $0[$1.key] = $1.value.stringValue }
    }

    /// What the worker's pods run as; `nil` when the bot has no worker.
    var account: WorkerAccount? {
        bot.spec.worker.map { WorkerAccount($0, ownName: objectName) }
    }

    /// What the Deployment selects pods by: it can never be changed, so it holds only the bot's name.
    var selectorLabels: [String: String] { [Labels.bot: bot.metadata.name ?? ""] }

    /// Metadata of an owned object in the bot's namespace.
    var ownedMetadata: ObjectMeta {
        ObjectMeta(
            name: objectName, namespace: bot.metadata.namespace, labels: labels,
            ownerReferences: [
                OwnerReference(
                    apiVersion: TelegramBot.definition.apiVersion, kind: TelegramBot.definition.kind,
                    name: bot.metadata.name ?? "", uid: bot.metadata.uid ?? "")
            ])
    }
}
