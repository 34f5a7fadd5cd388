import TelegramBotAPI

/// What a list of commands was set for.
struct CommandScope: Sendable, Hashable {
    let scope: BotCommandScope
    /// Empty: users for whose language there is no list of its own.
    let language: String
}
