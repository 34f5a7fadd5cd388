import KubernetesTypes
import Observability
import PlatformAPI

/// The Secret in the gateway's namespace that tells the gateway of a bot.
enum BindingManifest {
    static func secret(_ context: WorkerContext, webhookSecrets: [String]) -> Secret {
        let binding = Binding(
            botID: context.botID, owner: context.bot.key.description, token: context.token.token.value,
            webhookSecrets: webhookSecrets)
        // An owner reference cannot cross namespaces: the annotation stands in for it.
        let metadata = ObjectMeta(
            name: context.botID.bindingName, namespace: context.gateway.metadata.namespace,
            labels: [
                Labels.managedBy: Labels.managedByValue,
                Labels.component: Labels.bindingComponent,
                Labels.botID: context.botID.description,
                Labels.gateway: context.gateway.metadata.name ?? "",
            ],
            annotations: [Annotations.owner: context.bot.key.description])
        return Secret(metadata: metadata, data: binding.secretData)
    }
}
