import ControllerRuntime
import FoundationEssentials
import KubernetesTypes
import Observability
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
    /// Of a binding: the gateway that it is for, in the same namespace.
    let gateway: String?
    /// Of a binding that can be read.
    let webhookSecrets: WebhookSecrets?
    /// Of a binding that has one.
    let alias: Sensitive<String>?
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
            gateway = nil
            webhookSecrets = nil
            alias = nil
            tokenFingerprint = nil
            digest = nil
            return
        }
        owner = metadata.annotations?[Annotations.owner]
        bot = metadata.labels?[Labels.bot]
        tokenFingerprint = metadata.annotations?[Annotations.secretHash]
        digest = try LeafDigest(json: json)
        if metadata.labels?[Labels.component] == Labels.bindingComponent {
            gateway = metadata.labels?[Labels.gateway]
            let secret = try JSONDecoder().decode(Secret.self, from: Data(json))
            webhookSecrets = WebhookSecrets(secret)
            alias = AliasToken.kept(secret)
        } else {
            gateway = nil
            webhookSecrets = nil
            alias = nil
        }
    }

    private struct Head: Decodable { let metadata: ObjectMeta }
}

extension WebhookSecrets {
    /// Of a binding. `nil` when it cannot be read: what somebody broke has no secrets to keep, and is written anew.
    init?(_ secret: Secret) {
        guard case .success(let binding) = Result(catching: { () throws(BindingError) in try Binding(secret) }),
            !binding.webhookSecrets.isEmpty
        else { return nil }
        let annotations = secret.metadata.annotations ?? [:]
        self.init(
            values: binding.webhookSecrets, tokenFingerprint: annotations[Annotations.secretHash],
            request: annotations[Annotations.rotation],
            since: annotations[Annotations.secretSince].flatMap { Int64($0) } ?? 0)
    }
}
