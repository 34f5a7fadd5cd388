import ControllerRuntime
import KubernetesClient
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// Makes and keeps the ScaledObject; without KEDA sees to a fixed number of workers.
    func ensureScaler(_ context: WorkerContext, _ work: BotWork) async throws {
        let key = context.bot.workerObjectKey
        guard context.bot.spec.worker != nil else {
            if stores.scaledObjects.get(key) != nil { try await deleteIfThere(ScaledObject.self, key) }
            try await removeTriggerAuthentication(key)
            work.conditions.remove(.scalerReady)
            return
        }
        let isSuspended = context.bot.spec.suspend != nil
        guard hasKEDA else {
            if let observed = stores.deployments.get(key),
                let fixed = ReplicaPlan.withoutKEDA(context.bot, present: observed.replicas)
            {
                _ = try await client.setScale(
                    Deployment.definition, key, replicas: fixed, fieldManager: FieldManager.scale)
            }
            work.conditions.set(
                .scalerReady, .false, "KEDANotInstalled", ReplicaPlan.messageWithoutKEDA(context.bot))
            return
        }
        let observed = stores.scaledObjects.get(key)
        let authentication = WorkerManifests.triggerAuthentication(context)
        // Before the ScaledObject that refers to it; taken away after none does.
        if let authentication {
            try await apply(authentication, observed: stores.triggerAuthentications.get(key)?.digest, work)
        }
        try await apply(WorkerManifests.scaledObject(context), observed: observed?.digest, work)
        if authentication == nil { try await removeTriggerAuthentication(key) }
        FaultPoint.passed(.scalerWritten)
        try await endWake(context, observed, work)
        try await wakeIfBehind(context, work)
        let verdict = ScalerHealth.verdict(key.name, observed?.conditions, isSuspended: isSuspended)
        work.conditions.set(.scalerReady, verdict.status, verdict.reason, verdict.message)
    }

    private func removeTriggerAuthentication(_ key: ObjectKey) async throws {
        guard stores.triggerAuthentications.get(key) != nil else { return }
        try await deleteIfThere(TriggerAuthentication.self, key)
    }
}

/// What a ScaledObject's conditions mean for `ScalerReady`. Pure.
enum ScalerHealth {
    /// - Parameters:
    ///   - conditions: `nil` when the watch does not show the ScaledObject yet.
    ///   - isSuspended: KEDA is held at no workers by the operator itself.
    static func verdict(
        _ name: String, _ conditions: [WorkloadCondition]?, isSuspended: Bool = false
    ) -> WorkloadHealth.Verdict {
        guard let ready = conditions?.first(where: { $0.type == "Ready" }) else {
            return WorkloadHealth.Verdict(
                status: .unknown, reason: "WaitingForKEDA", message: "KEDA has not looked at ScaledObject \(name) yet")
        }
        guard ready.status == "True" else {
            return WorkloadHealth.Verdict(
                status: .false, reason: ready.reason ?? "ScalerNotReady",
                message: "KEDA says of ScaledObject \(name): \(ready.message ?? ready.status)")
        }
        if isSuspended {
            return WorkloadHealth.Verdict(
                status: .true, reason: "Suspended", message: "KEDA holds Deployment \(name) at no workers")
        }
        if conditions?.contains(where: { $0.type == "Paused" && $0.status == "True" }) == true {
            return WorkloadHealth.Verdict(
                status: .false, reason: "Paused",
                message: "KEDA does not scale Deployment \(name): ScaledObject \(name) has an annotation "
                    + "autoscaling.keda.sh/paused or paused-replicas, take it off")
        }
        let isAwake = conditions?.contains { $0.type == "Active" && $0.status == "True" } ?? false
        return WorkloadHealth.Verdict(
            status: .true, reason: isAwake ? "Active" : "Idle", message: "KEDA scales Deployment \(name)")
    }
}
