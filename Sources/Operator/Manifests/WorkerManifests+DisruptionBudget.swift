import KubernetesTypes
import PlatformAPI

extension WorkerManifests {
    /// Sees to it that a node that is drained takes one of the bot's workers at a time.
    ///
    /// A bot at rest may have any number of workers from none to its maximum, so it is the maximum that decides: a budget of
    /// one pod away at a time costs a bot with one worker nothing (that one may go, so a drain is never held up), and spreads
    /// the drain of many. A bot that never has two needs none.
    ///
    /// - Parameter form: what the server has; `Version` is its version.
    /// - Returns: `nil` when the bot has no worker, never more than one, or rests by its owner's wish.
    static func disruptionBudget<Version: PolicyVersion>(
        _ version: Version.Type, _ context: WorkerContext, _ form: DisruptionBudgetForm
    ) -> PodDisruptionBudget<Version>? {
        let spec = context.bot.spec
        guard spec.worker != nil, spec.suspend == nil, mostReplicas(spec) > 1 else { return nil }
        return PodDisruptionBudget(
            metadata: context.ownedMetadata,
            spec: PodDisruptionBudgetSpec(
                selector: LabelQuery(matchLabels: context.selectorLabels), maxUnavailable: 1,
                // Else workers that never get ready could not be evicted at all.
                unhealthyPodEvictionPolicy: form.hasEvictionPolicy ? "AlwaysAllow" : nil))
    }

    /// How many workers the autoscaler may start. More than partitions have nothing to read; KEDA's own cap is off by one.
    static func mostReplicas(_ spec: TelegramBotSpec) -> Int {
        max(1, spec.minReplicas, min(spec.maxReplicas, spec.partitions))
    }
}
