import KubernetesTypes
import PlatformAPI

/// What the manifests of one bot are made from: the resource itself and what the earlier steps found out.
struct WorkerContext: Sendable {
    let bot: TelegramBot
    let botID: BotID
    let token: BotCredential
    let gateway: TelegramGateway

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
