import ControllerRuntime
import FoundationEssentials
import KubernetesTypes
import PlatformAPI

/// What the operator keeps of a Secret. Of Secrets that are not its own only their version: tokens are read when they are
/// needed and not held for thousands of bots.
struct ObservedSecret: Sendable, Equatable {
    let uid: String
    let resourceVersion: String
    /// "namespace/name" of the TelegramBot that a Secret in another namespace belongs to.
    let owner: String?
    /// The bot whose worker's Secret this is, in the same namespace.
    let bot: String?
    /// Of a binding: the values that Telegram may send with a webhook, the present one first.
    let webhookSecrets: [String]
    /// Fingerprint of the token in a worker's Secret.
    let tokenFingerprint: String?
    /// `nil` for a Secret that is not the operator's.
    let digest: LeafDigest?

    init(json: [UInt8]) throws {
        let head = try JSONDecoder().decode(Head.self, from: Data(json))
        let metadata = head.metadata
        uid = metadata.uid ?? ""
        resourceVersion = metadata.resourceVersion ?? ""
        guard metadata.labels?[Labels.managedBy] == Labels.managedByValue else {
            owner = nil
            bot = nil
            webhookSecrets = []
            tokenFingerprint = nil
            digest = nil
            return
        }
        owner = metadata.annotations?[Annotations.owner]
        bot = metadata.labels?[Labels.bot]
        tokenFingerprint = metadata.annotations?[Annotations.secretHash]
        digest = try LeafDigest(json: json)
        if metadata.labels?[Labels.component] == Labels.bindingComponent {
            let secret = try JSONDecoder().decode(Secret.self, from: Data(json))
            // A binding that somebody broke has no secrets to keep: the next reconcile writes it anew.
            if case .success(let binding) = Result(catching: { () throws(BindingError) in try Binding(secret) }) {
                webhookSecrets = binding.webhookSecrets
            } else {
                webhookSecrets = []
            }
        } else {
            webhookSecrets = []
        }
    }

    private struct Head: Decodable { let metadata: ObjectMeta }
}
