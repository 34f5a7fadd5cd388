import FoundationEssentials
import KubernetesTypes
import PlatformAPI

/// What the operator keeps of a PodDisruptionBudget. Those of others are followed, too: the API server refuses to evict a pod
/// that two of them select.
enum ObservedDisruptionBudget: Sendable, Equatable {
    /// Made for a bot.
    case own(LeafDigest)
    /// Which pods one of somebody else's is for; `nil`: for none.
    case foreign(LabelQuery?)

    /// - Parameter isBeta: it was read as `policy/v1beta1`, where a selector that asks for nothing finds nothing.
    init(json: [UInt8], isBeta: Bool) throws {
        let head = try JSONDecoder().decode(Head.self, from: Data(json))
        let labels = head.metadata.labels ?? [:]
        if labels[Labels.managedBy] == Labels.managedByValue, let bot = labels[Labels.bot],
            head.metadata.name == "bot-\(bot)"
        {
            self = .own(try LeafDigest(json: json))
        } else if let selector = head.spec?.selector, !(isBeta && selector.isEmpty) {
            self = .foreign(selector)
        } else {
            self = .foreign(nil)
        }
    }

    /// `nil` for one of somebody else's.
    var digest: LeafDigest? { if case .own(let digest) = self { digest } else { nil } }

    /// Whether it is somebody else's and for pods with these labels.
    func isForeign(selecting labels: [String: String]) -> Bool {
        if case .foreign(let selector?) = self { selector.matches(labels) } else { false }
    }

    private struct Head: Decodable {
        let metadata: ObjectMeta
        let spec: PodDisruptionBudgetSpec?
    }
}
