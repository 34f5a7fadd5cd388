import KubernetesTypes

extension TelegramBot {
    /// The longest name: the ScaledObject is `bot-<name>`, and KEDA's HorizontalPodAutoscaler for it,
    /// `keda-hpa-bot-<name>`, must fit 63 characters.
    package static let longestName = 50

    /// What the API server's schema and CEL rules refuse, checked again here for API servers that ignore CEL (before
    /// 1.25) and objects stored before a rule existed.
    /// - Returns: one sentence for each thing that is wrong, each naming the field and the next step.
    package func validate() -> [String] {
        var problems: [String] = []
        let name = metadata.name ?? ""
        if name.utf8.count > Self.longestName {
            problems.append("metadata.name has \(name.utf8.count) characters: at most \(Self.longestName) are possible")
        }
        if spec.tokenSecretRef.name == "bot-\(name)" {
            problems.append(
                "spec.tokenSecretRef.name is bot-\(name), which is the name of the worker's own Secret: choose another")
        }
        if spec.tokenSecretRef.name.isEmpty { problems.append("spec.tokenSecretRef.name is empty: name a Secret") }
        if let botID = spec.botID, BotID(botID) == nil {
            problems.append("spec.botID is \"\(botID)\": write bot_ and the number before the colon of the token")
        }
        if spec.maxReplicas < 1 { problems.append("spec.scaling.maxReplicas is \(spec.maxReplicas): at least 1") }
        if spec.minReplicas < 0 { problems.append("spec.scaling.minReplicas is \(spec.minReplicas): at least 0") }
        if spec.minReplicas > spec.maxReplicas {
            problems.append(
                "spec.scaling.minReplicas (\(spec.minReplicas)) is above maxReplicas (\(spec.maxReplicas))")
        }
        if spec.partitions < 1 { problems.append("spec.kafka.partitions is \(spec.partitions): at least 1") }
        if spec.lagThreshold < 1 { problems.append("spec.scaling.lagThreshold is \(spec.lagThreshold): at least 1") }
        if spec.activationLagThreshold < 0 {
            problems.append("spec.scaling.activationLagThreshold is \(spec.activationLagThreshold): at least 0")
        }
        if !(1...100).contains(spec.maxConnections) {
            problems.append("spec.updates.maxConnections is \(spec.maxConnections): Telegram takes 1 to 100")
        }
        for (field, text) in [("pollingInterval", spec.pollingInterval), ("cooldownPeriod", spec.cooldownPeriod)] {
            switch DurationText.parse(text) {
            case nil: problems.append("spec.scaling.\(field) is \"\(text)\": write a duration such as 30s or 2m")
            case .some(let value) where value < .seconds(1):
                problems.append("spec.scaling.\(field) is \"\(text)\": at least 1s")
            default: break
            }
        }
        for name in (spec.worker?.env ?? []).map(\.name) where WorkerEnvironment.reserved.contains(name) {
            problems.append("spec.worker.env sets \(name), which the platform sets itself: choose another name")
        }
        problems += spec.profile?.validate() ?? []
        return problems
    }
}
