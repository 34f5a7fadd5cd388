import Cryptography
import PlatformAPI

/// The webhook settings that a bot should have at Telegram. Pure.
struct WebhookWish: Sendable, Equatable {
    let url: String
    let secret: String
    /// `nil`: Telegram's default set, which is asked for as an empty list because leaving it out keeps what was set.
    let allowedUpdates: [String]?
    let maxConnections: Int

    init(_ context: WorkerContext, secret: String) {
        url = context.gateway.spec.publicURL + context.botID.webhookPath
        self.secret = secret
        allowedUpdates = context.bot.spec.updates?.allowedUpdates
        maxConnections = context.bot.spec.maxConnections
    }

    /// A fingerprint that may be seen; the secret has so much chance in it that it cannot be found from this.
    var hash: String {
        let text = [url, secret, (allowedUpdates ?? []).joined(separator: ","), "\(maxConnections)"]
            .joined(separator: "\n")
        return String(SHA256.hex(Array(text.utf8)).prefix(16))
    }
}
