/// How much a bot takes of one user, as a gateway needs it.
package struct BoundRateLimit: Codable, Sendable, Equatable {
    /// Taken at once, and again in each window.
    package var requests: Int
    package var windowMilliseconds: Int
    /// What a user reads who is faster; empty: nothing.
    package var message: String

    private enum CodingKeys: String, CodingKey {
        case requests, message
        case windowMilliseconds = "window_ms"
    }

    package init(requests: Int, windowMilliseconds: Int, message: String = TelegramBotSpec.defaultSlowDown) {
        self.requests = requests
        self.windowMilliseconds = windowMilliseconds
        self.message = message
    }

    /// `nil` when the bot has no limit.
    package init?(_ spec: TelegramBotSpec) {
        guard let limit = spec.updates?.rateLimit, let window = DurationText.parse(limit.perUser.window) else {
            return nil
        }
        self.init(
            requests: limit.perUser.requests,
            windowMilliseconds: window.wholeMilliseconds,
            message: limit.effectiveMessage)
    }
}
