import JSON
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
        var durations = [
            ("scaling.pollingInterval", spec.pollingInterval), ("scaling.cooldownPeriod", spec.cooldownPeriod),
            ("worker.rollout.deadline", spec.rolloutDeadline),
        ]
        if let migration = spec.worker?.migration {
            durations.append(("worker.migration.timeout", migration.effectiveTimeout))
            if migration.effectiveRetries < 0 {
                problems.append("spec.worker.migration.retries is \(migration.effectiveRetries): at least 0")
            }
        }
        for (field, text) in durations {
            switch DurationText.parse(text) {
            case nil: problems.append("spec.\(field) is \"\(text)\": write a duration such as 30s or 2m")
            case .some(let value) where value < .seconds(1):
                problems.append("spec.\(field) is \"\(text)\": at least 1s")
            default: break
            }
        }
        for name in (spec.worker?.env ?? []).map(\.name) where WorkerEnvironment.reserved.contains(name) {
            problems.append("spec.worker.env sets \(name), which the platform sets itself: choose another name")
        }
        problems += featureProblems() + templateProblems() + (spec.profile?.validate() ?? []) + spec.routeProblems()
        return problems
    }

    private func featureProblems() -> [String] {
        var problems: [String] = []
        var names: [String: String] = [:]
        for name in (spec.features ?? [:]).keys.sorted() {
            let isValid =
                name.utf8.first.map { UInt8(ascii: "A")...UInt8(ascii: "z") ~= $0 && $0 != UInt8(ascii: "_") } ?? false
                && name.utf8.count <= 63 && name.utf8.allSatisfy { Self.isNameByte($0) }
            if !isValid {
                problems.append(
                    "spec.features has \"\(name)\": a name is a letter and then letters, digits, - and _, 63 at most")
            }
            let variable = WorkerEnvironment.feature(name)
            if let other = names.updateValue(name, forKey: variable) {
                problems.append("spec.features has \(other) and \(name), which are both \(variable): rename one")
            }
            if spec.worker?.env?.contains(where: { $0.name == variable }) == true {
                problems.append("spec.worker.env sets \(variable), which is the feature \(name): take one away")
            }
        }
        return problems
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// What a template laid over the worker's may not change, because the platform would no longer find or feed its pods.
    private func templateProblems() -> [String] {
        guard let template = spec.worker?.template else { return [] }
        var problems: [String] = []
        for name in (template["metadata"]?["labels"]?.objectValue ?? [:]).keys.sorted()
        where name.hasPrefix("telegram-serverless.io/") {
            problems.append(
                "spec.worker.template.metadata.labels has \(name), which is the platform's own: choose another name")
        }
        for container in template["spec"]?["containers"]?.arrayValue ?? [] {
            guard let name = container["name"]?.stringValue else {
                problems.append("spec.worker.template.spec.containers has one without a name: the bot's is named bot")
                continue
            }
            guard name == "bot" else { continue }
            for field in ["image", "command", "args", "resources", "imagePullPolicy"] where container[field] != nil {
                problems.append(
                    "spec.worker.template sets \(field) of the container bot: use spec.worker.\(field) for it")
            }
            for variable in (container["env"]?.arrayValue ?? []).compactMap({ $0["name"]?.stringValue })
            where WorkerEnvironment.reserved.contains(variable) {
                problems.append(
                    "spec.worker.template sets \(variable), which the platform sets itself: choose another name")
            }
        }
        if let policy = template["spec"]?["restartPolicy"], policy != "Always" {
            problems.append("spec.worker.template.spec.restartPolicy is not Always: a Deployment takes nothing else")
        }
        return problems
    }
}
