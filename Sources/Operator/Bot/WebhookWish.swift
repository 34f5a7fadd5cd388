import Cryptography
import PlatformAPI
import TelegramBotAPI

/// The webhook settings that a bot should have at Telegram. Pure.
struct WebhookWish: Sendable, Equatable {
    let url: String
    let secret: String
    /// `nil`: Telegram's default set, which is asked for as an empty list because leaving it out keeps what was set.
    let allowedUpdates: [String]?
    let maxConnections: Int

    init(_ context: WorkerContext, secret: String) {
        url = Self.url(context)
        self.secret = secret
        allowedUpdates = context.bot.spec.updates?.allowedUpdates
        maxConnections = context.bot.spec.maxConnections
    }

    /// Where Telegram delivers to when the bot has a webhook.
    static func url(_ context: WorkerContext) -> String {
        context.gateway.spec.publicURL + context.botID.webhookPath
    }

    /// Whether this is what Telegram has, as far as it tells: the secret never, the kinds of updates not when they are the
    /// default ones.
    func isMet(by info: WebhookInfo) -> Bool {
        guard info.url == url, info.maxConnections ?? maxConnections == maxConnections else { return false }
        guard let kinds = info.allowedUpdates else { return true }
        return Set(kinds) == Set(allowedUpdates ?? [])
    }

    /// A fingerprint that may be seen; the secret has so much chance in it that it cannot be found from this.
    var hash: String {
        let text = [url, secret, (allowedUpdates ?? []).joined(separator: ","), "\(maxConnections)"]
            .joined(separator: "\n")
        return String(SHA256.hex(Array(text.utf8)).prefix(16))
    }
}
