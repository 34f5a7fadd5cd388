import KubernetesTypes
import Observability
import PlatformAPI

/// The Secret in the gateway's namespace that tells the gateway of a bot.
enum BindingManifest {
    static func secret(_ context: WorkerContext, _ secrets: WebhookSecrets) -> Secret {
        let spec = context.bot.spec
        // A bot at rest answers nothing: what is taken all the same is kept for the worker.
        let isAtRest = spec.suspend != nil
        let binding = Binding(
            botID: context.botID, owner: context.bot.key.description, token: context.token.token.value,
            webhookSecrets: secrets.values, intake: spec.intake,
            acknowledge: spec.updates?.acknowledge ?? context.gateway.spec.effectiveAcknowledge,
            resultsTopic: spec.hasResults ? context.botID.resultsTopic : nil, aliasToken: context.alias?.value,
            polling: spec.polling,
            routes: isAtRest
                ? nil : BoundRoutes(spec, namespace: context.bot.metadata.namespace ?? "", username: context.username),
            rateLimit: isAtRest ? nil : BoundRateLimit(spec))
        // An owner reference cannot cross namespaces: the annotation stands in for it.
        var annotations = [
            Annotations.owner: context.bot.key.description, Annotations.secretSince: "\(secrets.since)",
        ]
        annotations[Annotations.secretHash] = secrets.tokenFingerprint
        annotations[Annotations.rotation] = secrets.request
        let metadata = ObjectMeta(
            name: context.botID.bindingName, namespace: context.gateway.metadata.namespace,
            labels: [
                Labels.managedBy: Labels.managedByValue,
                Labels.component: Labels.bindingComponent,
                Labels.botID: context.botID.description,
                Labels.gateway: context.gateway.metadata.name ?? "",
            ], annotations: annotations)
        return Secret(metadata: metadata, data: binding.secretData)
    }
}

extension TelegramBotSpec {
    /// What the gateway does with the bot's updates.
    var intake: Binding.Intake { suspend == .refuse || suspend == .off ? .refuse : .accept }

    /// How the gateway asks for the bot's updates; `nil`: Telegram sends them.
    var polling: Binding.Polling? {
        updateMode == .polling ? Binding.Polling(allowedUpdates: updates?.allowedUpdates ?? []) : nil
    }
}
