import FoundationEssentials
import KubernetesTypes
import PlatformAPI

extension RolloutPlan {
    /// Which image a bot's Deployment gets.
    /// - Parameters:
    ///   - wanted: the Deployment with the image that is asked for.
    ///   - observed: `nil` when there is none.
    ///   - before: what the status remembers.
    init(
        _ context: WorkerContext, _ wanted: Deployment, _ observed: ObservedDeployment?,
        before: TelegramBotStatus.Rollout?, now: Time
    ) throws {
        let spec = context.bot.spec
        // The platform's own account says nothing of the version: a template that was judged before it had one stays judged.
        var judged = wanted.spec.template
        judged.spec.serviceAccountName = context.account?.named
        let template = try Applier.fingerprint(of: judged)
        let deadline = DurationText.parse(spec.rolloutDeadline) ?? .seconds(600)
        let startedAt = before?.startedAt.flatMap { text in
            if case .success(let date) = Result(catching: { try Date(text, strategy: .iso8601) }) {
                Int64(date.timeIntervalSince1970)
            } else {
                nil
            }
        }
        let stamp = try Applier.stamp(of: wanted)
        self = Self.decide(
            Wish(
                image: spec.worker?.image ?? "", template: template, deadline: max(1, deadline.components.seconds),
                policy: spec.rolloutFailurePolicy),
            before: before, startedAt: startedAt,
            observed: observed.map { deployment in
                Observed(
                    isCurrent: deployment.digest.contains(stamp)
                        && (deployment.status.observedGeneration ?? 0) >= deployment.generation,
                    replicas: deployment.replicas, total: deployment.status.replicas ?? 0,
                    updated: deployment.status.updatedReplicas ?? 0,
                    available: deployment.status.availableReplicas ?? 0)
            }, now: now)
    }

    /// What `WorkloadReady` says of a version that has failed; `nil` while it has not.
    /// - Parameter limit: how long its workers might have taken, as the spec writes it.
    func failure(within limit: String) -> (reason: String, message: String)? {
        guard hasFailed else { return nil }
        let what = "Workers of image \(state.image) were not ready within \(limit): "
        return image == state.image
            ? ("RolloutFailed", what + "see kubectl describe pods, then change spec.worker")
            : ("RolledBack", what + "image \(image) runs again. Change spec.worker to try another version")
    }
}
