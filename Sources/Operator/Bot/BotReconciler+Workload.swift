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
            try await removeAccount(key)
            work.status.replicas = nil
            work.status.rollout = nil
            work.conditions.set(
                .workloadReady, .true, "NoWorker",
                "The bot has no worker: updates stay in topic \(context.botID.incomingTopic)")
            return
        }
        work.status.replicas = TelegramBotStatus.Replicas(
            current: observed?.status.replicas ?? 0, ready: observed?.status.readyReplicas ?? 0,
            min: context.bot.spec.minReplicas, max: context.bot.spec.maxReplicas)
        try await ensureAccount(context, work)
        guard try await ensureMigration(context, work) else { return }

        let rollout = try planRollout(context, wanted, observed, work)
        var replicas: Int?
        do {
            var wanted = wanted
            wanted.spec.template.spec.containers[0].image = rollout.image
            if let observed, observed.isHandedOver {
                try await apply(wanted, observed: observed.digest, work)
            } else {
                replicas = try await createAndHandOver(context, wanted: wanted, observed: observed)
            }
            try await releaseAccount(context, applied: wanted, observed)
        } catch let error as KubernetesError {
            // By its own rules or by an admission policy: the same again would not help.
            guard error.isInvalid else { throw error }
            throw StepFailure(
                .workloadReady, "DeploymentRefused", "\(error.message); change spec.worker", retry: .onChange)
        }
        conclude(rollout, context, work)
        guard !rollout.hasFailed else { return }
        let verdict = WorkloadHealth.verdict(
            key.name, observed, madeWith: replicas, isSuspended: context.bot.spec.suspend != nil,
            isProven: rollout.isProven)
        work.conditions.set(.workloadReady, verdict.status, verdict.reason, verdict.message)
    }

    /// The one sequence in which no pod starts by accident and no apply of ours owns the number of replicas afterwards:
    /// created with it, the same number applied by a second field manager, then left out for good by the first.
    /// - Returns: the number.
    private func createAndHandOver(
        _ context: WorkerContext, wanted: Deployment, observed: ObservedDeployment?
    ) async throws -> Int {
        let found = observed == nil ? try await foreign(wanted, of: context.bot) : nil
        let replicas = observed?.replicas ?? found?.spec.replicas ?? ReplicaPlan.initial(context.bot, hasKEDA: hasKEDA)
        if observed == nil, var first = WorkerManifests.deployment(context, replicas: replicas) {
            // A version that has failed before has another image.
            first.spec.template = wanted.spec.template
            _ = try await client.apply(first, fieldManager: FieldManager.main, force: true)
        }
        FaultPoint.passed(.deploymentCreated)
        _ = try await client.apply(
            ReplicaHolder(key: wanted.key, replicas: replicas), fieldManager: FieldManager.scale, force: true)
        FaultPoint.passed(.replicasHeld)
        try await applier.ensure(wanted, observed: nil)
        FaultPoint.passed(.deploymentHandedOver)
        return replicas
    }

    /// Somebody else's Deployment of that name, which the watch does not show: it is taken over only when the bot's owner
    /// says so.
    private func foreign(_ wanted: Deployment, of bot: TelegramBot) async throws -> Deployment? {
        guard let found = try await client.find(Deployment.self, wanted.key) else { return nil }
        guard found.metadata.labels?[Labels.managedBy] != Labels.managedByValue else { return found }
        if let failure = Adoption.deployment(wanted, found: found, bot: bot) { throw failure }
        return found
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
