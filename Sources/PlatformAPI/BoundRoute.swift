/// One of ``BoundRoutes``.
package struct BoundRoute: Codable, Sendable, Equatable {
    package var name: String
    package var match: TelegramBotSpec.RouteMatch
    package var url: String
    /// For one try.
    package var timeoutMilliseconds: Int
    /// Empty: nothing is said.
    package var apology: String

    private enum CodingKeys: String, CodingKey {
        case name, match, url, apology
        case timeoutMilliseconds = "timeout_ms"
    }

    package init(
        name: String, match: TelegramBotSpec.RouteMatch, url: String, timeoutMilliseconds: Int = 3000,
        apology: String = TelegramBotSpec.defaultApology
    ) {
        self.name = name
        self.match = match
        self.url = url
        self.timeoutMilliseconds = timeoutMilliseconds
        self.apology = apology
    }

    /// - Parameter route: one that ``TelegramBot/validate()`` finds nothing wrong with.
    init(_ route: TelegramBotSpec.Route, namespace: String) {
        let service = route.service
        let timeout = DurationText.parse(route.effectiveTimeout) ?? .seconds(3)
        self.init(
            name: route.name, match: route.match,
            url: service.url
                ?? "http://\(service.name ?? "").\(namespace).svc:\(service.port ?? 80)\(service.path ?? "/")",
            timeoutMilliseconds: timeout.wholeMilliseconds,
            apology: route.effectiveApology)
    }
}
