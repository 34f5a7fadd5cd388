/// `BotCommand`: a command as the menu of a bot shows it.
package struct BotCommand: Codable, Sendable, Hashable {
    /// 1 to 32 of `a-z`, `0-9` and `_`, without a slash.
    package var command: String
    /// 1 to 256 characters.
    package var description: String

    package init(command: String, description: String) {
        self.command = command
        self.description = description
    }
}
