import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// Makes and keeps the account that the pods of worker and migration run as. Before both: the API server refuses pods
    /// whose account is not there.
    func ensureAccount(_ context: WorkerContext, _ work: BotWork) async throws {
        guard let wanted = WorkerManifests.serviceAccount(context) else { return }
        let observed = stores.serviceAccounts.get(wanted.key)
        let isNamed = context.account?.named != nil
        // The watch shows the platform's own alone.
        if observed == nil, isNamed || context.bot.spec.effectiveAdoptionPolicy == .ifOwned,
            let found = try await client.find(ServiceAccount.self, wanted.key),
            found.metadata.labels?[Labels.managedBy] != Labels.managedByValue
        {
            if isNamed { return }
            throw Adoption.accountNotOwned(wanted.key)
        }
        try await apply(wanted, observed: observed?.digest, work)
        FaultPoint.passed(.accountWritten)
    }

    /// Takes the platform's account away once the worker has another one, and no pod needs it any more.
    /// - Parameter applied: the Deployment as it is wanted.
    func releaseAccount(_ context: WorkerContext, applied: Deployment, _ observed: ObservedDeployment?) async throws {
        let key = context.bot.workerObjectKey
        guard context.account?.isOwn == false, stores.serviceAccounts.get(key) != nil,
            let observed, observed.isAll(of: try Applier.stamp(of: applied)),
            observed.digest.contains(try LeafDigest(json: Array(JSONEncoder().encode(AccountHolder(applied)))))
        else { return }
        try await removeAccount(key)
    }

    func removeAccount(_ key: ObjectKey) async throws {
        guard stores.serviceAccounts.get(key) != nil else { return }
        try await deleteIfThere(ServiceAccount.self, key)
        FaultPoint.passed(.accountDeleted)
    }
}

extension ObservedDeployment {
    /// Whether the Deployment is of the wish with this stamp, and so are all of its pods.
    func isAll(of stamp: LeafDigest) -> Bool {
        guard digest.contains(stamp) else { return false }
        let pods = status.replicas ?? 0
        if replicas == 0, pods == 0 { return true }
        return (status.observedGeneration ?? 0) >= generation && pods <= status.updatedReplicas ?? 0
    }
}

/// Of a Deployment only what its pods run as.
private struct AccountHolder: Encodable {
    struct Spec: Encodable { let template: Template }
    struct Template: Encodable { let spec: Pod }
    struct Pod: Encodable { let serviceAccountName: String? }

    let spec: Spec

    init(_ deployment: Deployment) {
        spec = Spec(template: Template(spec: Pod(serviceAccountName: deployment.spec.template.spec.serviceAccountName)))
    }
}
