/// What a bot says of itself, as @BotFather sets it, too. Telegram limits how often it may be set, the name most of
/// all; the limits are not documented. A language is a two-letter ISO 639-1 code; `nil` stands for all users for whose
/// language there is nothing of its own. The getters of texts give the default's for a language that has none.
extension TelegramClient {
    /// The bot's name.
    package func getMyName(
        language: String? = nil, token: BotToken, timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> String {
        let answer: BotName = try await call("getMyName", Self.parameters(language), token: token, timeout: timeout)
        return answer.name
    }

    /// Sets the bot's name.
    /// - Parameter name: 64 characters at most; empty: the language has no name of its own. The default cannot be empty.
    package func setMyName(
        _ name: String, language: String? = nil, token: BotToken, timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) {
        var parameters = Self.parameters(language)
        parameters["name"] = name
        let _: Bool = try await call("setMyName", parameters, token: token, timeout: timeout)
    }

    /// What an empty chat with the bot shows.
    package func getMyDescription(
        language: String? = nil, token: BotToken, timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> String {
        let answer: BotDescription = try await call(
            "getMyDescription", Self.parameters(language), token: token, timeout: timeout)
        return answer.description
    }

    /// Sets what an empty chat with the bot shows.
    /// - Parameter description: 512 characters at most; empty: there is none.
    package func setMyDescription(
        _ description: String, language: String? = nil, token: BotToken,
        timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) {
        var parameters = Self.parameters(language)
        parameters["description"] = description
        let _: Bool = try await call("setMyDescription", parameters, token: token, timeout: timeout)
    }

    /// What the bot's profile page shows.
    package func getMyShortDescription(
        language: String? = nil, token: BotToken, timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> String {
        let answer: BotShortDescription = try await call(
            "getMyShortDescription", Self.parameters(language), token: token, timeout: timeout)
        return answer.shortDescription
    }

    /// Sets what the bot's profile page shows.
    /// - Parameter description: 120 characters at most; empty: there is none.
    package func setMyShortDescription(
        _ description: String, language: String? = nil, token: BotToken,
        timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) {
        var parameters = Self.parameters(language)
        parameters["short_description"] = description
        let _: Bool = try await call("setMyShortDescription", parameters, token: token, timeout: timeout)
    }

    /// The commands set for exactly this scope and language; empty when there are none.
    package func getMyCommands(
        scope: BotCommandScope = .default, language: String? = nil, token: BotToken,
        timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> [BotCommand] {
        try await call(
            "getMyCommands", CommandParameters(scope: scope, languageCode: language), token: token, timeout: timeout)
    }

    /// Sets the commands of a scope and language.
    /// - Parameter commands: 100 at most. Lists with long descriptions are refused before that (`BOT_COMMANDS_TOO_MUCH`).
    package func setMyCommands(
        _ commands: [BotCommand], scope: BotCommandScope = .default, language: String? = nil, token: BotToken,
        timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) {
        let parameters = CommandParameters(commands: commands, scope: scope, languageCode: language)
        let _: Bool = try await call("setMyCommands", parameters, token: token, timeout: timeout)
    }

    /// Takes the commands of a scope and language away: users see those of a wider scope.
    package func deleteMyCommands(
        scope: BotCommandScope = .default, language: String? = nil, token: BotToken,
        timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) {
        let parameters = CommandParameters(scope: scope, languageCode: language)
        let _: Bool = try await call("deleteMyCommands", parameters, token: token, timeout: timeout)
    }

    /// The menu button of a private chat, which is the default one unless the chat has its own.
    /// - Parameter chat: `nil` for the default one.
    package func getChatMenuButton(
        chat: Int64? = nil, token: BotToken, timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> MenuButton {
        try await call("getChatMenuButton", MenuButtonParameters(chatID: chat), token: token, timeout: timeout)
    }

    /// Sets the menu button of a private chat, or the default one.
    /// - Parameter chat: `nil` for the default one.
    package func setChatMenuButton(
        _ button: MenuButton, chat: Int64? = nil, token: BotToken, timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) {
        let parameters = MenuButtonParameters(chatID: chat, menuButton: button)
        let _: Bool = try await call("setChatMenuButton", parameters, token: token, timeout: timeout)
    }

    /// The argument that all methods of texts have.
    private static func parameters(_ language: String?) -> [String: String] {
        language.map { ["language_code": $0] } ?? [:]
    }
}

private struct BotName: Decodable, Sendable { let name: String }
private struct BotDescription: Decodable, Sendable { let description: String }

private struct BotShortDescription: Decodable, Sendable {
    let shortDescription: String

    enum CodingKeys: String, CodingKey { case shortDescription = "short_description" }
}

private struct CommandParameters: Encodable, Sendable {
    var commands: [BotCommand]?
    let scope: BotCommandScope
    let languageCode: String?

    enum CodingKeys: String, CodingKey {
        case commands, scope
        case languageCode = "language_code"
    }
}

private struct MenuButtonParameters: Encodable, Sendable {
    let chatID: Int64?
    var menuButton: MenuButton?

    enum CodingKeys: String, CodingKey {
        case chatID = "chat_id"
        case menuButton = "menu_button"
    }
}
