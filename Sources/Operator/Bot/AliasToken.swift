import Cryptography
import KubernetesTypes
import Observability
import PlatformAPI

/// What a worker has in the place of its bot's token: it looks like one, and only the gateway's Bot API proxy knows it.
enum AliasToken {
    /// A new one.
    static func make(_ botID: BotID) throws(CryptographyError) -> Sensitive<String> {
        Sensitive("\(botID.number):\(try SecureRandom.token(length: Binding.aliasSecretLength))")
    }

    /// The one that a binding has; `nil` for none, and for one that is another bot's or no token.
    static func kept(_ secret: Secret) -> Sensitive<String>? {
        guard case .success(let binding) = Result(catching: { () throws(BindingError) in try Binding(secret) }),
            let alias = binding.aliasToken
        else { return nil }
        let parts = alias.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "\(binding.botID.number)",
            parts[1].utf8.count == Binding.aliasSecretLength
        else { return nil }
        return Sensitive(alias)
    }
}
