import Cryptography
import PlatformAPI
import TelegramBotAPI

/// What a bot's profile should be at Telegram: of the parts that are named, and of no others. Pure.
struct ProfileWish: Sendable, Equatable {
    private(set) var values: [ProfileKey: ProfileValue] = [:]

    /// - Parameter profile: a valid one; what cannot be understood is left out.
    init(_ profile: TelegramBotSpec.Profile?) {
        guard let profile else { return }
        add("", profile.name, profile.description, profile.shortDescription, profile.commands)
        for entry in profile.localized ?? [] {
            add(entry.language, entry.name, entry.description, entry.shortDescription, entry.commands)
        }
        for set in profile.commandSets ?? [] {
            guard let scope = BotCommandScope(set) else { continue }
            values[.commands(scope, language: set.language ?? "")] = Self.value(set.commands)
        }
        if let button = profile.menuButton { values[.menuButton] = .cleaned(MenuButton(button)) }
    }

    private mutating func add(
        _ language: String, _ name: String?, _ description: String?, _ shortDescription: String?,
        _ commands: [TelegramBotSpec.Command]?
    ) {
        for (kind, text) in [
            (ProfileKey.Text.name, name), (.description, description), (.shortDescription, shortDescription),
        ] {
            if let text { values[.text(kind, language: language)] = .cleaned(text) }
        }
        if let commands { values[.commands(.default, language: language)] = Self.value(commands) }
    }

    private static func value(_ commands: [TelegramBotSpec.Command]) -> ProfileValue {
        .cleaned(commands.map { BotCommand(command: $0.command, description: $0.description) })
    }

    /// A fingerprint of the wish and of the server that it is for.
    func hash(server: String) -> String {
        var lines = [server]
        for key in values.keys.sorted() { lines.append("\(key)\0\(values[key]?.spelledOut ?? "")") }
        return String(SHA256.hex(Array(lines.joined(separator: "\0\0").utf8)).prefix(16))
    }
}

extension BotCommandScope {
    /// `nil` when the set does not name the chat or user that its scope needs.
    fileprivate init?(_ set: TelegramBotSpec.CommandSet) {
        let chat = set.chatID.flatMap { TelegramChatID($0.text) }
        switch (set.scope, chat, set.userID) {
        case (.allPrivateChats, _, _): self = .allPrivateChats
        case (.allGroupChats, _, _): self = .allGroupChats
        case (.allChatAdministrators, _, _): self = .allChatAdministrators
        case (.chat, .some(let chat), _): self = .chat(chat)
        case (.chatAdministrators, .some(let chat), _): self = .chatAdministrators(chat)
        case (.chatMember, .some(let chat), .some(let user)): self = .chatMember(chat, user: user)
        case (.chat, nil, _), (.chatAdministrators, nil, _), (.chatMember, _, _): return nil
        }
    }
}

extension MenuButton {
    fileprivate init(_ button: TelegramBotSpec.MenuButton) {
        switch button.type {
        case .commands: self = .commands
        case .default: self = .default
        case .webApp: self = .webApp(text: button.text ?? "", url: button.url ?? "")
        }
    }
}
