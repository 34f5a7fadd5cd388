import TelegramBotAPI

/// A bot and what the server knows of it.
struct Bot: Sendable {
    let id: Int64
    var token: String
    let username: String
    var firstName: String
    var engine: DeliveryEngine
    var limiter = SendLimiter()

    /// The call of `getUpdates` that waits for an update.
    var poll: PendingPoll?
    /// Before this a webhook cannot be set again.
    var nextSetWebhook = Duration.zero
    /// `logOut` was called: it can work on another server now, not here.
    var isLoggedOut = false

    /// What `setMyName` and its like set, by language code (empty: the default).
    var texts: [BotText: [String: String]] = [:]
    /// `setMyCommands` by scope and language.
    var commands: [CommandScope: [BotCommand]] = [:]
    /// `setChatMenuButton` for chats that have their own, and under 0 the default one.
    var menuButtons: [Int64: MenuButton] = [:]

    /// What people see the bot called.
    var shownName: String { texts[.name]?[""] ?? firstName }

    /// `User` as `getMe` gives it.
    var selfJSON: String {
        JSONObjectWriter.object {
            addUser(to: &$0)
            $0.add("can_join_groups", true)
            $0.add("can_read_all_group_messages", true)
            $0.add("supports_inline_queries", true)
            $0.add("can_connect_to_business", false)
            $0.add("has_main_web_app", false)
        }
    }

    /// `User` as it stands in messages.
    var userJSON: String { JSONObjectWriter.object { addUser(to: &$0) } }

    private func addUser(to writer: inout JSONObjectWriter) {
        writer.add("id", id)
        writer.add("is_bot", true)
        writer.add("first_name", shownName)
        writer.add("username", username)
    }
}
