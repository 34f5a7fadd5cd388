import JSON

extension World {
    /// What a bot says of itself, and its session.
    static let profileMethods: [String: Method] = {
        var methods: [String: Method] = [
            "getMe": { world, context, _ in
                MethodResult(result: world.bots[context.bot]?.selfJSON ?? "null")
            },
            "logOut": { world, context, actions in
                world.endPoll(of: context.bot, APIFailure(code: 400, description: "Logged out"), &actions)
                world.bots[context.bot]?.isLoggedOut = true
                world.bots[context.bot]?.engine.setWebhook(nil, dropPending: false, now: context.now.elapsed)
                return .done
            },
            "close": { _, _, _ in .done },
            "setMyCommands": { world, context, _ in
                guard case .array(let commands)? = context.arguments.json("commands") else {
                    throw APIFailure.badRequest("can't parse commands JSON object")
                }
                try Self.check(commands)
                world.bots[context.bot]?.commands[Self.scope(context.arguments)] = .array(commands)
                return .done
            },
            "getMyCommands": { world, context, _ in
                let commands = world.bots[context.bot]?.commands[Self.scope(context.arguments)]
                return MethodResult(result: (commands ?? .array([])).text)
            },
            "deleteMyCommands": { world, context, _ in
                world.bots[context.bot]?.commands[Self.scope(context.arguments)] = nil
                return .done
            },
        ]
        for text in BotText.allCases { addText(&methods, text) }
        return methods
    }()

    /// A text by language with its setter and getter; the getter falls back to the default language.
    private static func addText(_ methods: inout [String: Method], _ kind: BotText) {
        methods["set\(kind.methodSuffix)"] = { world, context, _ in
            let text = context.arguments.string(kind.rawValue)
            guard text.unicodeScalars.count <= kind.longest else {
                throw APIFailure.badRequest("\(kind.rawValue) is too long")
            }
            let language = context.arguments.string("language_code")
            world.bots[context.bot]?.texts[kind, default: [:]][language] = text.isEmpty ? nil : text
            return .done
        }
        methods["get\(kind.methodSuffix)"] = { world, context, _ in
            let all = world.bots[context.bot]?.texts[kind]
            var text = all?[context.arguments.string("language_code")] ?? all?[""]
            if text == nil, kind == .name { text = world.bots[context.bot]?.firstName }
            return MethodResult(result: JSONObjectWriter.object { $0.add(kind.rawValue, text ?? "") })
        }
    }

    private static func scope(_ arguments: APIArguments) -> String {
        let scope = arguments.json("scope") ?? ["type": "default"]
        return scope.text + "/" + arguments.string("language_code")
    }

    private static func check(_ commands: [JSONValue]) throws(APIFailure) {
        guard commands.count <= 100 else { throw .badRequest("BOT_COMMANDS_TOO_MUCH") }
        for command in commands {
            let name = command["command"]?.stringValue ?? ""
            let stripped = name.hasPrefix("/") ? name.dropFirst() : name[...]
            let isNameByte = { (byte: UInt8) in
                (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5f
            }
            guard (1...32).contains(stripped.utf8.count), stripped.utf8.allSatisfy(isNameByte) else {
                throw .badRequest("BOT_COMMAND_INVALID")
            }
            guard (1...256).contains(command["description"]?.stringValue?.count ?? 0) else {
                throw .badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
            }
        }
    }
}
