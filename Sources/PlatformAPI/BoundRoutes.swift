/// A bot's routes as a gateway needs them: all defaults are in place, Services have become URLs.
package struct BoundRoutes: Codable, Sendable, Equatable {
    /// The bot's @name without the @, by which `/start@name` is for it; `nil`: not known yet.
    package var username: String?
    /// The first that matches counts.
    package var routes: [BoundRoute]

    package init(username: String? = nil, routes: [BoundRoute]) {
        self.username = username
        self.routes = routes
    }

    /// `nil` when the bot has no routes.
    /// - Parameter namespace: the bot's, where its Services are.
    package init?(_ spec: TelegramBotSpec, namespace: String, username: String?) {
        guard let routes = spec.routes, !routes.isEmpty else { return nil }
        self.init(username: username, routes: routes.map { BoundRoute($0, namespace: namespace) })
    }
}
