import JSON
import TelegramBotAPI

extension World {
    /// Lists of commands: one for each scope and language, and nothing falls back on another. The texts of errors are
    /// tdlib's (`BotCommand.cpp`, `BotCommandScope.cpp`) and telegram-bot-api's (`Client.cpp`).
    static let commandMethods: [String: Method] = [
        "setMyCommands": { world, context, _ in
            let commands = try Self.commands(context.arguments)
            let scope = try world.commandScope(context)
            let checked = try Self.check(commands)
            world.bots[context.bot]?.commands[scope] = checked.isEmpty ? nil : checked
            return .done
        },
        "getMyCommands": { world, context, _ in
            let scope = try world.commandScope(context)
            let commands = world.bots[context.bot]?.commands[scope] ?? []
            let objects = commands.map { command in
                JSONObjectWriter.object {
                    $0.add("command", command.command)
                    $0.add("description", command.description)
                }
            }
            return MethodResult(result: JSONObjectWriter.array(objects))
        },
        "deleteMyCommands": { world, context, _ in
            let scope = try world.commandScope(context)
            world.bots[context.bot]?.commands[scope] = nil
            return .done
        },
    ]

    private static let mostCommands = 100
    private static let longestCommand = 32
    private static let longestCommandDescription = 256

    private static func commands(_ arguments: APIArguments) throws(APIFailure) -> [BotCommand] {
        guard !arguments.string("commands").isEmpty else { return [] }
        guard let json = arguments.json("commands") else { throw .badRequest("can't parse commands JSON object") }
        guard let values = json.arrayValue else { throw .badRequest("expected an Array of BotCommand") }
        var commands: [BotCommand] = []
        for value in values {
            guard value.objectValue != nil else {
                throw .badRequest("can't parse BotCommand: BotCommand must be an Object")
            }
            var texts: [String] = []
            for field in ["command", "description"] {
                guard let text = value[field]?.stringValue else {
                    throw .badRequest("can't parse BotCommand: Can't find field \"\(field)\"")
                }
                texts.append(text)
            }
            commands.append(BotCommand(command: texts[0], description: texts[1]))
        }
        return commands
    }

    private static func check(_ commands: [BotCommand]) throws(APIFailure) -> [BotCommand] {
        var checked: [BotCommand] = []
        for command in commands { checked.append(try check(command)) }
        guard checked.count <= mostCommands else { throw .badRequest("BOT_COMMANDS_TOO_MUCH") }
        return checked
    }

    /// A command as it is kept: trimmed, without the slash.
    private static func check(_ command: BotCommand) throws(APIFailure) -> BotCommand {
        var name = trim(command.command)
        if name.hasPrefix("/") { name.removeFirst() }
        let description = trim(command.description)
        guard !name.isEmpty else { throw .badRequest("command must be non-empty") }
        guard name.unicodeScalars.count <= longestCommand else {
            throw .badRequest("command length must not exceed \(longestCommand)")
        }
        guard !description.isEmpty else { throw .badRequest("command description must be non-empty") }
        guard description.unicodeScalars.count <= longestCommandDescription else {
            throw .badRequest("command description length must not exceed \(longestCommandDescription)")
        }
        let isNameByte = { (byte: UInt8) in
            (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5f
        }
        guard name.utf8.allSatisfy(isNameByte) else { throw .badRequest("BOT_COMMAND_INVALID") }
        return BotCommand(command: name, description: description)
    }

    private static func trim(_ text: String) -> String {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    /// The arguments `scope` and `language_code`.
    private func commandScope(_ context: MethodContext) throws(APIFailure) -> CommandScope {
        let scope = try scope(context)
        return CommandScope(scope: scope, language: try Self.language(context.arguments))
    }

    private func scope(_ context: MethodContext) throws(APIFailure) -> BotCommandScope {
        guard !context.arguments.string("scope").isEmpty else { return .default }
        guard let json = context.arguments.json("scope") else {
            throw .badRequest("can't parse BotCommandScope JSON object")
        }
        let (type, chatText, user) = try Self.scopeFields(json)
        switch type {
        case "default": return .default
        case "all_private_chats": return .allPrivateChats
        case "all_group_chats": return .allGroupChats
        case "all_chat_administrators": return .allChatAdministrators
        default: break
        }
        let chat = try chat(chatText, of: context.bot)
        if chat.kind == .private, type != "chat" { throw .badRequest("can't use specified scope in private chats") }
        if chat.kind == .channel { throw .badRequest("can't change commands in channel chats") }
        switch type {
        case "chat": return .chat(.id(chat.id))
        case "chat_administrators": return .chatAdministrators(.id(chat.id))
        default: return .chatMember(.id(chat.id), user: user)
        }
    }

    private static let scopesOfChats: Set<String> = ["chat", "chat_administrators", "chat_member"]
    private static let otherScopes: Set<String> = [
        "default", "all_private_chats", "all_group_chats", "all_chat_administrators",
    ]

    /// Type, chat and user of a scope; the chat is empty and the user 0 where the type has none.
    private static func scopeFields(_ json: JSONValue) throws(APIFailure) -> (String, String, Int64) {
        func failure(_ text: String) -> APIFailure { .badRequest("can't parse BotCommandScope: \(text)") }
        guard json.objectValue != nil else { throw failure("BotCommandScope must be an Object") }
        guard let type = json["type"]?.stringValue else { throw failure("Can't find field \"type\"") }
        if otherScopes.contains(type) { return (type, "", 0) }
        guard scopesOfChats.contains(type) else { throw failure("Unsupported type specified") }
        guard let value = json["chat_id"] else { throw failure("Can't find field \"chat_id\"") }
        let chat = value.stringValue ?? value.text
        guard !chat.isEmpty else { throw failure("Empty chat_id specified") }
        guard type == "chat_member" else { return (type, chat, 0) }
        guard let value = json["user_id"] else { throw failure("Can't find field \"user_id\"") }
        guard let user = value.intValue ?? value.stringValue.flatMap({ Int64($0) }), user > 0 else {
            throw failure("Invalid user_id specified")
        }
        return (type, chat, user)
    }
}
