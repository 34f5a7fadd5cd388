import Cryptography
import Observability

/// A bot's token on its way from the owner's Secret to the worker's and the gateway's.
struct BotCredential: Sendable, Equatable {
    let token: Sensitive<String>

    init(_ token: String) { self.token = Sensitive(token) }

    /// A short fingerprint that may be seen: 16 hexadecimal digits of the token's SHA-256.
    var fingerprint: String { String(SHA256.hex(Array(token.value.utf8)).prefix(16)) }
}
