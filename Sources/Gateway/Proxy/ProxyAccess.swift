import Cryptography
import PlatformAPI
import TelegramBotAPI

/// Who a request to the proxy is made for, by the token in its path.
enum ProxyAccess: Sendable, Equatable {
    case allowed(Binding)
    /// It looks like a token, but no bot of this gateway has it.
    case unknown
    /// It is no token.
    case malformed

    /// - Parameter text: from the path, decoded.
    static func of(_ text: String, _ directory: BindingDirectory) -> ProxyAccess {
        guard case .success(let token) = Result(catching: { () throws(TelegramError) in try BotToken(text) }) else {
            return .malformed
        }
        guard let binding = directory.binding(BotID(number: token.botNumber)) else { return .unknown }
        let bytes = Array(text.utf8)
        // Both are compared, whether or not the first matches.
        let isReal = ConstantTime.equal(bytes, Array(binding.token.utf8))
        let isAlias = binding.aliasToken.map { ConstantTime.equal(bytes, Array($0.utf8)) } ?? false
        return isReal || isAlias ? .allowed(binding) : .unknown
    }
}
