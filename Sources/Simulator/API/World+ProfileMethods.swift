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
        ]
        for text in BotText.allCases { addText(&methods, text) }
        return methods
    }()

    /// A text by language with its setter and getter; the getter falls back to the default language.
    private static func addText(_ methods: inout [String: Method], _ kind: BotText) {
        methods["set\(kind.methodSuffix)"] = { world, context, _ in
            let language = try Self.language(context.arguments)
            let text = context.arguments.string(kind.rawValue)
            guard text.unicodeScalars.count <= kind.longest else {
                throw APIFailure.badRequest("\(kind.rawValue) is too long")
            }
            guard kind != .name || !language.isEmpty || !text.isEmpty else {
                throw APIFailure.badRequest("name must be non-empty")
            }
            world.bots[context.bot]?.texts[kind, default: [:]][language] = text.isEmpty ? nil : text
            return .done
        }
        methods["get\(kind.methodSuffix)"] = { world, context, _ in
            let language = try Self.language(context.arguments)
            let all = world.bots[context.bot]?.texts[kind] ?? [:]
            var text = all[language] ?? all[""]
            if text == nil, kind == .name { text = world.bots[context.bot]?.firstName }
            return MethodResult(result: JSONObjectWriter.object { $0.add(kind.rawValue, text ?? "") })
        }
    }

    /// The argument `language_code`: empty for the default, else two letters.
    static func language(_ arguments: APIArguments) throws(APIFailure) -> String {
        let code = arguments.string("language_code")
        guard code.isEmpty || (code.utf8.count == 2 && code.utf8.allSatisfy { (0x61...0x7a).contains($0) }) else {
            throw .badRequest("invalid language code specified")
        }
        return code
    }
}
