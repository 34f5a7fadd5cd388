package import Observability

/// The parameters of `setWebhook`.
package struct WebhookSettings: Sendable, Encodable {
    package var url: String
    /// What Telegram sends in `X-Telegram-Bot-Api-Secret-Token`: 1 to 256 of `A-Za-z0-9_-`.
    package var secretToken: Sensitive<String>?
    /// 1 to 100; Telegram's default is 40.
    package var maxConnections: Int?
    /// Telegram's names of kinds. `[]` is the default list; `nil` keeps what was set before.
    package var allowedUpdates: [String]?
    /// Forget the updates that wait.
    package var dropPendingUpdates = false

    package init(
        url: String, secretToken: Sensitive<String>? = nil, maxConnections: Int? = nil, allowedUpdates: [String]? = nil,
        dropPendingUpdates: Bool = false
    ) {
        self.url = url
        self.secretToken = secretToken
        self.maxConnections = maxConnections
        self.allowedUpdates = allowedUpdates
        self.dropPendingUpdates = dropPendingUpdates
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(url, forKey: .url)
        try container.encodeIfPresent(secretToken?.value, forKey: .secretToken)
        try container.encodeIfPresent(maxConnections, forKey: .maxConnections)
        try container.encodeIfPresent(allowedUpdates, forKey: .allowedUpdates)
        if dropPendingUpdates { try container.encode(true, forKey: .dropPendingUpdates) }
    }

    private enum CodingKeys: String, CodingKey {
        case url
        case secretToken = "secret_token"
        case maxConnections = "max_connections"
        case allowedUpdates = "allowed_updates"
        case dropPendingUpdates = "drop_pending_updates"
    }
}
