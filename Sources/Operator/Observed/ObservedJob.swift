import FoundationEssentials
import KubernetesTypes
import PlatformAPI

/// What the operator keeps of a migration's Job.
struct ObservedJob: Sendable, Equatable {
    /// The bot whose migration it is, in the same namespace.
    let bot: String?
    let status: Job.Status

    init(json: [UInt8]) throws {
        let head = try JSONDecoder().decode(Head.self, from: Data(json))
        bot = head.metadata.labels?[Labels.bot]
        status = head.status ?? Job.Status()
    }

    private struct Head: Decodable {
        let metadata: ObjectMeta
        let status: Job.Status?
    }
}
