import KubernetesTypes

extension WorkerManifests {
    /// The account that the bot's pods run as; `nil` when the bot has no worker, or one with another account.
    static func serviceAccount(_ context: WorkerContext) -> ServiceAccount? {
        guard context.account?.isOwn == true else { return nil }
        // A bot needs nothing of the Kubernetes API. Pull secrets stand in the pod, where their names can be seen to change.
        return ServiceAccount(metadata: context.ownedMetadata, automountServiceAccountToken: false)
    }
}
