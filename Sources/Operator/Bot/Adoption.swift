import KubernetesTypes
import PlatformAPI

/// What may be used of that which has the right name and is there already. Pure.
enum Adoption {
    /// Topics that the platform did not make.
    /// - Parameters:
    ///   - found: those of the bot's topics that exist.
    ///   - marked: those of them that carry the platform's mark.
    /// - Returns: `TopicNotOwned`, or `nil` when all may be used.
    static func topics(found: some Sequence<String>, marked: Set<String>) -> StepFailure? {
        let foreign = found.filter { !marked.contains($0) }.sorted()
        guard !foreign.isEmpty else { return nil }
        return StepFailure(
            .topicsReady, "TopicNotOwned",
            "topic \(foreign.joined(separator: ", ")) exists and was not made by the platform: delete it, "
                + "or have it used by spec.adoptionPolicy: Always", retry: .onChange)
    }

    /// A worker's Secret that is not the platform's.
    static func secretNotOwned(_ key: ObjectKey) -> StepFailure {
        StepFailure(
            .workloadReady, "SecretNotOwned",
            "Secret \(key) exists and is not the platform's: delete or rename it", retry: .onChange)
    }

    /// A ServiceAccount of the worker's name that is not the platform's.
    static func accountNotOwned(_ key: ObjectKey) -> StepFailure {
        StepFailure(
            .workloadReady, "ServiceAccountNotOwned",
            "ServiceAccount \(key) exists and is not the platform's: delete or rename it, name it in "
                + "spec.worker.serviceAccountName to have the worker use it, or have it taken over by "
                + "spec.adoptionPolicy: Always", retry: .onChange)
    }

    /// Whether a PodDisruptionBudget of the worker's name may be used.
    /// - Parameter found: one without the platform's label.
    /// - Returns: `DisruptionBudgetNotOwned`, `DisruptionBudgetNotAdoptable`, or `nil` when it may be taken over.
    static func disruptionBudget<Version: PolicyVersion>(
        _ wanted: PodDisruptionBudget<Version>, found: PodDisruptionBudget<Version>, bot: TelegramBot
    ) -> StepFailure? {
        let key = wanted.key
        guard bot.spec.effectiveAdoptionPolicy == .always else {
            return StepFailure(
                .workloadReady, "DisruptionBudgetNotOwned",
                "PodDisruptionBudget \(key) exists and is not the platform's: delete or rename it, "
                    + "or have it taken over by spec.adoptionPolicy: Always", retry: .onChange)
        }
        // An apply adds to a selector, and minAvailable excludes what it states.
        guard found.spec.selector == wanted.spec.selector, found.spec.minAvailable == nil else {
            return StepFailure(
                .workloadReady, "DisruptionBudgetNotAdoptable",
                "PodDisruptionBudget \(key) cannot be taken over because it has minAvailable, or another selector than "
                    + "\(Labels.bot)=\(bot.metadata.name ?? ""): delete it", retry: .onChange)
        }
        return nil
    }

    /// Whether a Deployment of the worker's name may be used.
    /// - Parameter found: a Deployment without the platform's label.
    /// - Returns: `DeploymentNotOwned`, `DeploymentNotAdoptable`, or `nil` when it may be taken over.
    static func deployment(_ wanted: Deployment, found: Deployment, bot: TelegramBot) -> StepFailure? {
        let key = wanted.key
        guard bot.spec.effectiveAdoptionPolicy == .always else {
            return StepFailure(
                .workloadReady, "DeploymentNotOwned",
                "Deployment \(key) exists and is not the platform's: delete or rename it, "
                    + "or have it taken over by spec.adoptionPolicy: Always", retry: .onChange)
        }
        // What a Deployment selects its pods by can never be changed.
        guard found.spec.selector == wanted.spec.selector else {
            return StepFailure(
                .workloadReady, "DeploymentNotAdoptable",
                "Deployment \(key) cannot be taken over because its selector is another than "
                    + "\(Labels.bot)=\(bot.metadata.name ?? ""): delete it", retry: .onChange)
        }
        return nil
    }
}
