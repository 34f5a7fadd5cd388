import ControllerRuntime
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// Which image the Deployment gets.
    func planRollout(
        _ context: WorkerContext, _ wanted: Deployment, _ observed: ObservedDeployment?, _ work: BotWork
    ) throws -> RolloutPlan {
        try RolloutPlan(
            context, wanted, observed, before: work.status.rollout,
            now: RolloutPlan.Time(seconds: Self.seconds(), text: Self.timestamp()))
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
                subject: state.image,
                note: rollout.result == .rolledBack
                    ? "workers of image \(state.image) were not ready within \(limit): image \(rollout.image) runs again"
                    : "workers of image \(state.image) were not ready within \(limit)")
        }
        guard let failure = rollout.failure(within: limit) else { return }
        work.conditions.set(.workloadReady, .false, failure.reason, failure.message, stalls: true)
    }
}
