import PlatformAPI

/// Which route an update takes. Pure.
enum RouteTable {
    /// The first that matches; `nil`: the update is the worker's.
    static func match(_ content: RoutableUpdate.Content, in bound: BoundRoutes) -> BoundRoute? {
        // In groups a bot may see commands that are for another one.
        if case .command(_, let mention?, _) = content, let username = bound.username,
            mention != username.lowercased()
        {
            return nil
        }
        return bound.routes.first { matches(content, $0.match) }
    }

    private static func matches(_ content: RoutableUpdate.Content, _ match: TelegramBotSpec.RouteMatch) -> Bool {
        switch content {
        case .command(let name, _, _): contains(match.commands, name)
        case .action(let name, _): contains(match.actions, name)
        case .text(let text): match.text.map { matches(text, $0) } ?? false
        }
    }

    private static func contains(_ words: [String]?, _ word: String) -> Bool {
        words.map { $0.contains(word) || $0.contains("*") } ?? false
    }

    private static func matches(_ text: String, _ match: TelegramBotSpec.RouteText) -> Bool {
        if match.equals == nil, match.prefixes == nil { return true }
        let text = folded(text)
        return (match.equals ?? []).contains { folded($0) == text }
            || (match.prefixes ?? []).contains { text.hasPrefix($0.lowercased()) }
    }

    /// People write capitals and spaces as they like.
    private static func folded(_ text: String) -> String {
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return text[first...last].lowercased()
    }
}
