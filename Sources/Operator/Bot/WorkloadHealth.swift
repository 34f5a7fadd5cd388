import KubernetesTypes

/// What a Deployment's state means for `WorkloadReady`. Pure.
enum WorkloadHealth {
    struct Verdict: Equatable {
        let status: Condition.Status
        let reason: String
        let message: String
    }

    /// - Parameters:
    ///   - deployment: `nil` when the watch does not show it yet.
    ///   - replicas: with how many it has just been made; `nil` when it has not. One that is made asleep need not be seen
    ///     first: else no bot of thousands would be ready before all had been looked at once.
    ///   - isSuspended: no worker is to run.
    ///   - isProven: the version that is asked for has had all its workers ready. Until then it may still be rolled back, and
    ///     an image that ends soon after its start is ready for a moment each time.
    static func verdict(
        _ name: String, _ deployment: ObservedDeployment?, madeWith replicas: Int? = nil, isSuspended: Bool = false,
        isProven: Bool = true
    ) -> Verdict {
        if isSuspended, let deployment {
            let left = max(deployment.replicas, deployment.status.replicas ?? 0)
            guard left > 0 else {
                return Verdict(status: .true, reason: "Suspended", message: "No worker runs: the bot is suspended")
            }
            return Verdict(
                status: .unknown, reason: "Suspending", message: "\(left) worker(s) are still there: they are ended")
        }
        guard let deployment else {
            if replicas == 0 { return asleep }
            return Verdict(status: .unknown, reason: "Starting", message: "Deployment \(name) has just been made")
        }
        if deployment.replicas == 0 {
            return asleep
        }
        if let failed = deployment.status.conditions?.first(where: {
            $0.type == "Progressing" && $0.status == "False"
        }) {
            return Verdict(
                status: .false, reason: failed.reason ?? "RolloutFailed",
                message: "Deployment \(name) does not get on: \(failed.message ?? "see kubectl describe deployment")")
        }
        if (deployment.status.observedGeneration ?? 0) < deployment.generation {
            return Verdict(
                status: .unknown, reason: "RollingOut", message: "Deployment \(name) has not been looked at yet")
        }
        if let failed = deployment.status.conditions?.first(where: {
            $0.type == "ReplicaFailure" && $0.status == "True"
        }) {
            return Verdict(
                status: .false, reason: failed.reason ?? "ReplicaFailure",
                message: "Deployment \(name) cannot make pods: \(failed.message ?? "see its events")")
        }
        let ready = deployment.status.readyReplicas ?? 0
        if ready == 0 {
            return Verdict(
                status: .false, reason: "PodsNotReady",
                message: "No pod of Deployment \(name) is ready: see kubectl describe pods")
        }
        guard isProven else {
            return Verdict(
                status: .unknown, reason: "RollingOut",
                message: "Deployment \(name) rolls out a new version: \(deployment.status.updatedReplicas ?? 0) of "
                    + "\(deployment.replicas) workers are of it, which must all be ready for a while")
        }
        return Verdict(
            status: .true, reason: "WorkersReady", message: "\(ready) of \(deployment.replicas) workers are ready")
    }

    private static let asleep = Verdict(
        status: .true, reason: "Asleep", message: "No worker runs: the next update wakes one")
}
