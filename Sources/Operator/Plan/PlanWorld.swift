import KubernetesTypes
import PlatformAPI

/// What all bots of a plan share of the cluster, with the files taken as applied.
struct PlanWorld: Sendable {
    /// The TelegramBots that may be seen, and those of the files that come before.
    var bots: [TelegramBot] = []
    /// With those of the files.
    var gateways: [ObjectKey: TelegramGateway] = [:]
    /// Of the files.
    var secrets: [ObjectKey: Secret] = [:]
    var hasKEDA = false
    /// How the API server takes PodDisruptionBudgets; `nil` when it has none.
    var budgetForm: DisruptionBudgetForm?
    /// PodDisruptionBudgets in the bots' namespaces, as far as they may be seen.
    var budgets: [ObjectKey: ObservedDisruptionBudget] = [:]
    /// What could not be seen, as sentences.
    var notes: [String] = []

    /// The gateway that bots without `gatewayRef` use.
    var defaultGateway: TelegramGateway? { GatewayPlan.byDefault(gateways.values) }

    /// Somebody else's PodDisruptionBudget for pods with these labels.
    /// - Parameter key: the platform's own, whose namespace it is about.
    func foreignBudget(selecting labels: [String: String], besides key: ObjectKey) -> ObjectKey? {
        budgets.filter {
            $0.key.namespace == key.namespace && $0.key != key && $0.value.isForeign(selecting: labels)
        }.keys.min()
    }

    /// An age that is younger than that of everything there is: of what a file would make.
    static let youngest = "9999-12-31T23:59:59Z"
}

extension TelegramBot {
    /// The bot after a file was applied to what the cluster has.
    /// - Parameters:
    ///   - spec: of the file, with its defaults.
    ///   - index: of bots that would be made the earlier one is the older.
    init(_ document: PlanInput.Document, spec: TelegramBotSpec, live: TelegramBot?, index: Int) {
        var metadata = live?.metadata ?? ObjectMeta(name: document.key.name, namespace: document.key.namespace)
        if live == nil {
            metadata.creationTimestamp = PlanWorld.youngest
            let digits = "\(index)"
            metadata.uid = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        }
        metadata.labels = (metadata.labels ?? [:]).merging(document.labels) { $1 }
        metadata.annotations = (metadata.annotations ?? [:]).merging(document.annotations) { $1 }
        self.init(metadata: metadata, spec: spec, status: live?.status)
    }
}

extension TelegramGateway {
    /// The gateway after a file was applied to what the cluster has.
    init(_ document: PlanInput.Document, spec: TelegramGatewaySpec, live: TelegramGateway?) {
        var metadata = live?.metadata ?? ObjectMeta(name: document.key.name, namespace: document.key.namespace)
        if live == nil { metadata.creationTimestamp = PlanWorld.youngest }
        metadata.annotations = (metadata.annotations ?? [:]).merging(document.annotations) { $1 }
        self.init(metadata: metadata, spec: spec)
    }
}
