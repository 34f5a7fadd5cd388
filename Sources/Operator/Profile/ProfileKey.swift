import TelegramBotAPI

/// One part of a bot's profile: what Telegram gives, takes and clears by itself. A language is empty for the users for
/// whose language there is nothing of its own.
enum ProfileKey: Sendable, Hashable {
    /// The texts of a profile.
    enum Text: String, Sendable, CaseIterable {
        case name, description, shortDescription
    }

    case text(Text, language: String)
    case commands(BotCommandScope, language: String)
    case menuButton

    /// The bot's name for everybody, which cannot be cleared.
    static let defaultName = ProfileKey.text(.name, language: "")

    /// The text that users see when their language has none; `nil` for what is no text of a language.
    var fallback: ProfileKey? {
        if case .text(let text, let language) = self, !language.isEmpty { .text(text, language: "") } else { nil }
    }

    /// The order in which parts are given to Telegram. The name comes last: its limit is the strictest, and a limit ends
    /// the work.
    private var rank: Int {
        switch self {
        case .commands: 0
        case .menuButton: 1
        case .text(.description, _): 2
        case .text(.shortDescription, _): 3
        case .text(.name, _): 4
        }
    }
}

extension ProfileKey: Comparable {
    static func < (a: ProfileKey, b: ProfileKey) -> Bool {
        (a.rank, a.description) < (b.rank, b.description)
    }
}

/// As the status names it: "name", "name/de", "commands", "commands/all_private_chats/de",
/// "commands/chat_member:-1001234:42", "menuButton".
extension ProfileKey: CustomStringConvertible {
    var description: String {
        switch self {
        case .text(let text, let language): Self.joined([text.rawValue, language])
        case .commands(.default, let language): Self.joined(["commands", language])
        case .commands(let scope, let language):
            Self.joined(["commands", Self.name(of: scope), language])
        case .menuButton: "menuButton"
        }
    }

    /// Reads what ``description`` wrote; `nil` for anything else.
    init?(_ text: String) {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        let kind = parts.removeFirst()
        switch kind {
        case "menuButton":
            guard parts.isEmpty else { return nil }
            self = .menuButton
        case "commands":
            // Scopes are longer than languages.
            let language = parts.last.flatMap { $0.utf8.count == 2 ? $0 : nil }
            if language != nil { parts.removeLast() }
            guard parts.count <= 1, let scope = parts.first.map({ Self.scope(named: $0) }) ?? .default else {
                return nil
            }
            self = .commands(scope, language: language ?? "")
        default:
            guard let kind = Text(rawValue: kind), parts.count <= 1 else { return nil }
            self = .text(kind, language: parts.first ?? "")
        }
    }

    private static func joined(_ parts: [String]) -> String {
        parts.filter { !$0.isEmpty }.joined(separator: "/")
    }

    private static func name(of scope: BotCommandScope) -> String {
        var parts = [scope.typeName]
        if let chat = scope.chat { parts.append("\(chat)") }
        if let user = scope.user { parts.append("\(user)") }
        return parts.joined(separator: ":")
    }

    private static func scope(named text: String) -> BotCommandScope? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let chat = parts.dropFirst().first.flatMap { TelegramChatID(String($0)) }
        let user = parts.dropFirst(2).first.flatMap { Int64($0) }
        switch (parts.first, parts.count, chat, user) {
        case ("all_private_chats", 1, _, _): return .allPrivateChats
        case ("all_group_chats", 1, _, _): return .allGroupChats
        case ("all_chat_administrators", 1, _, _): return .allChatAdministrators
        case ("chat", 2, .some(let chat), _): return .chat(chat)
        case ("chat_administrators", 2, .some(let chat), _): return .chatAdministrators(chat)
        case ("chat_member", 3, .some(let chat), .some(let user)): return .chatMember(chat, user: user)
        default: return nil
        }
    }
}
