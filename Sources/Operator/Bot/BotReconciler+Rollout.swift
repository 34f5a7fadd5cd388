import ControllerRuntime
import FoundationEssentials
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// Which image the Deployment gets.
    func planRollout(
        _ context: WorkerContext, _ wanted: Deployment, _ observed: ObservedDeployment?, _ work: BotWork
    ) throws -> RolloutPlan {
        let spec = context.bot.spec
        let template = try Applier.fingerprint(of: wanted.spec.template)
        let deadline = DurationText.parse(spec.rolloutDeadline) ?? .seconds(600)
        let before = work.status.rollout
        let startedAt = before?.startedAt.flatMap { text in
            if case .success(let date) = Result(catching: { try Date(text, strategy: .iso8601) }) {
                Int64(date.timeIntervalSince1970)
            } else {
                nil
            }
        }
        let stamp = try Applier.stamp(of: wanted)
        return RolloutPlan.decide(
            RolloutPlan.Wish(
                image: spec.worker?.image ?? "", template: template, deadline: max(1, deadline.components.seconds),
                policy: spec.rolloutFailurePolicy),
            before: before, startedAt: startedAt,
            observed: observed.map { deployment in
                RolloutPlan.Observed(
                    isCurrent: deployment.digest.contains(stamp)
                        && (deployment.status.observedGeneration ?? 0) >= deployment.generation,
                    replicas: deployment.replicas, updated: deployment.status.updatedReplicas ?? 0,
                    available: deployment.status.availableReplicas ?? 0)
            }, now: RolloutPlan.Time(seconds: Self.seconds(), text: Self.timestamp()))
    }

    /// Remembers and tells what has become of the version that is asked for.
    func conclude(_ rollout: RolloutPlan, _ context: WorkerContext, _ work: BotWork) {
        var state = rollout.state
        state.migrated = work.migrated ?? state.migrated
        work.status.rollout = state
        if let left = rollout.secondsLeft { work.lookAgain(in: .seconds(left)) }
        if let result = rollout.result {
            work.status.remember(
                TelegramBotStatus.HistoryEntry(
                    image: state.image, result: result, at: Self.timestamp(), template: state.template))
        }
        let limit = context.bot.spec.rolloutDeadline
        if rollout.result == .rolledBack || rollout.result == .failed {
            events.record(
                regarding: context.bot.reference, type: .warning,
                reason: rollout.result == .rolledBack ? "RolledBack" : "RolloutFailed", action: "Rollout",
                note: rollout.result == .rolledBack
                    ? "workers of image \(state.image) were not ready within \(limit): image \(rollout.image) runs again"
                    : "workers of image \(state.image) were not ready within \(limit)")
        }
        guard rollout.hasFailed else { return }
        if rollout.image == state.image {
            work.conditions.set(
                .workloadReady, .false, "RolloutFailed",
                "Workers of image \(state.image) were not ready within \(limit): see kubectl describe pods, "
                    + "then change spec.worker", stalls: true)
        } else {
            work.conditions.set(
                .workloadReady, .false, "RolledBack",
                "Workers of image \(state.image) were not ready within \(limit): image \(rollout.image) runs again. "
                    + "Change spec.worker to try another version", stalls: true)
        }
    }
}
