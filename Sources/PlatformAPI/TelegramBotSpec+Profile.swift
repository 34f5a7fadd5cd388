package import KubernetesTypes

extension TelegramBotSpec {
    /// What one would ask @BotFather for. A field that is absent is left alone at Telegram; an empty text or list clears
    /// what is there. What was set by the operator and is taken out of the spec is cleared again.
    package struct Profile: Codable, Sendable, Equatable {
        /// 1 to 64 characters: a bot always has a name.
        package var name: String?
        /// What an empty chat with the bot shows; 512 characters at most.
        package var description: String?
        /// What the bot's profile page shows; 120 characters at most.
        package var shortDescription: String?
        /// The commands of everybody for whom there is no other list.
        package var commands: [Command]?
        /// The same in other languages.
        package var localized: [LocalizedProfile]?
        /// Commands for some chats, groups or users.
        package var commandSets: [CommandSet]?
        /// What stands beside the input field of private chats.
        package var menuButton: MenuButton?

        package init(
            name: String? = nil, description: String? = nil, shortDescription: String? = nil,
            commands: [Command]? = nil, localized: [LocalizedProfile]? = nil, commandSets: [CommandSet]? = nil,
            menuButton: MenuButton? = nil
        ) {
            self.name = name
            self.description = description
            self.shortDescription = shortDescription
            self.commands = commands
            self.localized = localized
            self.commandSets = commandSets
            self.menuButton = menuButton
        }
    }

    /// What users of one language see. Where a field is absent they see what everybody sees.
    package struct LocalizedProfile: Codable, Sendable, Equatable {
        /// Two letters of ISO 639-1.
        package var language: String
        package var name: String?
        package var description: String?
        package var shortDescription: String?
        package var commands: [Command]?

        package init(
            language: String, name: String? = nil, description: String? = nil, shortDescription: String? = nil,
            commands: [Command]? = nil
        ) {
            self.language = language
            self.name = name
            self.description = description
            self.shortDescription = shortDescription
            self.commands = commands
        }
    }

    /// A command as the menu shows it.
    package struct Command: Codable, Sendable, Equatable {
        /// 1 to 32 of `a-z`, `0-9` and `_`, without a slash.
        package var command: String
        /// 1 to 256 characters.
        package var description: String

        package init(command: String, description: String) {
            self.command = command
            self.description = description
        }
    }

    /// A list of commands for some of the users. Of several lists a user sees the one of the narrowest scope.
    package struct CommandSet: Codable, Sendable, Equatable {
        package var scope: CommandScope
        /// A group's or user's number, or a public group's @name; of the three scopes of one chat.
        package var chatID: IntOrString?
        /// Of `ChatMember`.
        package var userID: Int64?
        /// Two letters of ISO 639-1; absent: users for whose language there is no list of its own.
        package var language: String?
        /// 100 at most; empty: there is no such list.
        package var commands: [Command]

        package init(
            scope: CommandScope, chatID: IntOrString? = nil, userID: Int64? = nil, language: String? = nil,
            commands: [Command]
        ) {
            self.scope = scope
            self.chatID = chatID
            self.userID = userID
            self.language = language
            self.commands = commands
        }
    }

    /// Telegram's scopes but the default one, whose commands are ``Profile/commands``.
    package enum CommandScope: String, Codable, Sendable, CaseIterable {
        case allPrivateChats = "AllPrivateChats"
        case allGroupChats = "AllGroupChats"
        case allChatAdministrators = "AllChatAdministrators"
        case chat = "Chat"
        case chatAdministrators = "ChatAdministrators"
        case chatMember = "ChatMember"

        /// Whether a set of this scope names its chat.
        package var hasChat: Bool {
            switch self {
            case .allPrivateChats, .allGroupChats, .allChatAdministrators: false
            case .chat, .chatAdministrators, .chatMember: true
            }
        }
    }

    /// What stands beside the input field of private chats.
    package struct MenuButton: Codable, Sendable, Equatable {
        package var type: MenuButtonType
        /// On the button; of `WebApp`.
        package var text: String?
        /// Where the Web App is, `https://…`; of `WebApp`.
        package var url: String?

        package init(type: MenuButtonType, text: String? = nil, url: String? = nil) {
            self.type = type
            self.text = text
            self.url = url
        }
    }

    package enum MenuButtonType: String, Codable, Sendable, CaseIterable {
        /// Opens the list of commands.
        case commands = "Commands"
        /// Opens a Web App.
        case webApp = "WebApp"
        /// Telegram's own choice.
        case `default` = "Default"
    }
}
