import ControllerRuntime
import KubernetesClient
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// Makes and keeps the Deployment, without ever owning `spec.replicas` after its creation.
    func ensureWorkload(_ context: WorkerContext, _ work: BotWork) async throws {
        let key = context.bot.workerObjectKey
        let observed = stores.deployments.get(key)
        guard let wanted = WorkerManifests.deployment(context) else {
            if observed != nil { try await deleteIfThere(Deployment.self, key) }
            work.status.replicas = nil
            work.conditions.set(
                .workloadReady, .true, "NoWorker",
                "The bot has no worker: updates stay in topic \(context.botID.incomingTopic)")
            return
        }
        var replicas: Int?
        if let observed, observed.isHandedOver {
            try await applier.ensure(wanted, observed: observed.digest)
        } else {
            replicas = try await createAndHandOver(context, wanted: wanted, observed: observed)
        }
        let verdict = WorkloadHealth.verdict(key.name, observed, madeWith: replicas)
        work.conditions.set(.workloadReady, verdict.status, verdict.reason, verdict.message)
        work.status.replicas = TelegramBotStatus.Replicas(
            current: observed?.status.replicas ?? 0, ready: observed?.status.readyReplicas ?? 0,
            min: context.bot.spec.minReplicas, max: context.bot.spec.maxReplicas)
    }

    /// The one sequence in which no pod starts by accident and no apply of ours owns the number of replicas afterwards:
    /// created with it, the same number applied by a second field manager, then left out for good by the first.
    /// - Returns: the number.
    private func createAndHandOver(
        _ context: WorkerContext, wanted: Deployment, observed: ObservedDeployment?
    ) async throws -> Int {
        let replicas = observed?.replicas ?? initialReplicas(context.bot)
        if observed == nil { try await refuseForeign(wanted.key) }
        if observed == nil, let first = WorkerManifests.deployment(context, replicas: replicas) {
            _ = try await client.apply(first, fieldManager: FieldManager.main, force: true)
        }
        _ = try await client.apply(
            ReplicaHolder(key: wanted.key, replicas: replicas), fieldManager: FieldManager.scale, force: true)
        try await applier.ensure(wanted, observed: nil)
        return replicas
    }

    /// The watch shows only what carries our label; somebody else's Deployment of that name must not be taken over.
    private func refuseForeign(_ key: ObjectKey) async throws {
        guard let found = try await client.find(Deployment.self, key),
            found.metadata.labels?[Labels.managedBy] != Labels.managedByValue
        else { return }
        throw StepFailure(
            .workloadReady, "DeploymentNotOwned",
            "Deployment \(key) exists and is not the platform's: delete or rename it", retry: .onChange)
    }

    private func initialReplicas(_ bot: TelegramBot) -> Int {
        hasKEDA ? bot.spec.minReplicas : max(1, bot.spec.minReplicas)
    }
}

/// A Deployment of which only `spec.replicas` is stated.
struct ReplicaHolder: KubernetesResource {
    static let definition = Deployment.definition

    struct Spec: Codable, Sendable { var replicas: Int }

    var metadata: ObjectMeta
    var spec: Spec?

    init(key: ObjectKey, replicas: Int) {
        metadata = ObjectMeta(name: key.name, namespace: key.namespace)
        spec = Spec(replicas: replicas)
    }
}
