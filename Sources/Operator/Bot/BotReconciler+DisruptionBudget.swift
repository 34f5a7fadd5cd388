import ControllerRuntime
import KubernetesClient
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// Makes and keeps the PodDisruptionBudget, or takes it away. A cluster that has none goes without.
    func ensureDisruptionBudget(_ context: WorkerContext, _ work: BotWork) async throws {
        guard let form = budgetForm else { return }
        try await ensure(form.version, form, context, work)
    }

    private func ensure<Version: PolicyVersion>(
        _ version: Version.Type, _ form: DisruptionBudgetForm, _ context: WorkerContext, _ work: BotWork
    ) async throws {
        let key = context.bot.workerObjectKey
        guard let wanted = WorkerManifests.disruptionBudget(version, context, form),
            stores.foreignBudget(selecting: context.podLabels, besides: key) == nil
        else { return try await removeDisruptionBudget(key) }
        let observed = stores.disruptionBudgets.get(key)
        if case .foreign = observed, let found = try await client.find(PodDisruptionBudget<Version>.self, key),
            found.metadata.labels?[Labels.managedBy] != Labels.managedByValue,
            let failure = Adoption.disruptionBudget(wanted, found: found, bot: context.bot)
        {
            throw failure
        }
        do {
            try await apply(wanted, observed: observed?.digest, work)
        } catch let error as KubernetesError where error.isInvalid && observed?.digest != nil {
            // Somebody has added minAvailable, say, which no apply of ours takes away and the server takes with nothing else.
            try await deleteIfThere(PodDisruptionBudget<Version>.self, key)
            try await applier.ensure(wanted, observed: nil)
            work.note(.repaired, "\(PodDisruptionBudget<Version>.definition.kind) \(key)")
        }
        FaultPoint.passed(.budgetWritten)
    }

    /// Takes the platform's PodDisruptionBudget of that name away.
    func removeDisruptionBudget(_ key: ObjectKey) async throws {
        guard stores.disruptionBudgets.get(key)?.digest != nil, let form = budgetForm else { return }
        try await remove(form.version, key)
        FaultPoint.passed(.budgetDeleted)
    }

    private func remove<Version: PolicyVersion>(_ version: Version.Type, _ key: ObjectKey) async throws {
        try await deleteIfThere(PodDisruptionBudget<Version>.self, key)
    }
}
