import TelegramBotAPI

/// What a part of a profile is, in the spelling in which it is compared: Telegram trims texts, drops carriage returns and
/// completes URLs, so that what it gives back is not byte for byte what it was given.
enum ProfileValue: Sendable, Hashable {
    case text(String)
    case commands([BotCommand])
    case menuButton(MenuButton)

    /// A text, as Telegram keeps it.
    static func cleaned(_ text: String) -> ProfileValue { .text(clean(text)) }

    /// Commands, as Telegram keeps them.
    static func cleaned(_ commands: [BotCommand]) -> ProfileValue {
        .commands(commands.map { BotCommand(command: $0.command, description: clean($0.description)) })
    }

    /// A button, as Telegram keeps it.
    static func cleaned(_ button: MenuButton) -> ProfileValue {
        switch button {
        case .default, .commands: .menuButton(button)
        case .webApp(let text, let url): .menuButton(.webApp(text: clean(text), url: complete(url)))
        }
    }

    /// Whether there is nothing.
    var isCleared: Bool {
        switch self {
        case .text(let text): text.isEmpty
        case .commands(let commands): commands.isEmpty
        case .menuButton(let button): button == .default
        }
    }

    /// What a part is when nothing is set for it.
    static func cleared(_ key: ProfileKey) -> ProfileValue {
        switch key {
        case .text: .text("")
        case .commands: .commands([])
        case .menuButton: .menuButton(.default)
        }
    }

    /// Whether people see no difference: the default button opens the commands, as the one that is set to do so.
    func isSame(as other: ProfileValue) -> Bool {
        guard case .menuButton(let button) = self, case .menuButton(let second) = other else { return self == other }
        let opensCommands: Set<MenuButton> = [.default, .commands]
        return button == second || (opensCommands.contains(button) && opensCommands.contains(second))
    }

    /// All that is in it, as one text for a fingerprint.
    var spelledOut: String {
        switch self {
        case .text(let text): text
        case .commands(let commands): commands.map { "\($0.command)\t\($0.description)" }.joined(separator: "\r")
        case .menuButton(.webApp(let text, let url)): "\(url)\t\(text)"
        case .menuButton(.commands): "commands"
        case .menuButton(.default): ""
        }
    }

    private static func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where scalar != "\r" {
            scalars.append(scalar.value < 0x20 && scalar != "\n" ? " " : scalar)
        }
        var rest = String(scalars)[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    /// Scheme and host in small letters, and a path.
    private static func complete(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let rest = url[scheme.upperBound...]
        let hostEnd = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let path = rest[hostEnd...]
        return url[..<scheme.upperBound].lowercased() + rest[..<hostEnd].lowercased()
            + (path.hasPrefix("/") ? "" : "/") + path
    }
}
