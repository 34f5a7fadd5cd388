import JSON
import TelegramBotAPI

extension World {
    /// The button beside the input field. The texts of errors are tdlib's (`BotMenuButton.cpp`) and telegram-bot-api's
    /// (`Client.cpp`).
    static let menuButtonMethods: [String: Method] = [
        "setChatMenuButton": { world, context, _ in
            let button = try Self.menuButton(context.arguments)
            let chat = try world.menuButtonChat(context)
            world.bots[context.bot]?.menuButtons[chat] = button == .default ? nil : button
            return .done
        },
        "getChatMenuButton": { world, context, _ in
            let chat = try world.menuButtonChat(context)
            let buttons = world.bots[context.bot]?.menuButtons ?? [:]
            return MethodResult(result: Self.json(buttons[chat] ?? buttons[0] ?? .default))
        },
    ]

    /// 0 for the default button.
    private func menuButtonChat(_ context: MethodContext) throws(APIFailure) -> Int64 {
        guard !context.arguments.string("chat_id").isEmpty else { return 0 }
        guard let id = context.arguments.int("chat_id"), id > 0 else { throw .badRequest("invalid chat_id specified") }
        return try chat("\(id)", of: context.bot).id
    }

    private static func menuButton(_ arguments: APIArguments) throws(APIFailure) -> MenuButton {
        guard !arguments.string("menu_button").isEmpty else { return .default }
        guard let json = arguments.json("menu_button") else {
            throw .badRequest("can't parse menu button JSON object")
        }
        func failure(_ text: String) -> APIFailure { .badRequest("can't parse menu button: \(text)") }
        guard json.objectValue != nil else { throw failure("MenuButton must be an Object") }
        guard let type = json["type"]?.stringValue else { throw failure("Can't find field \"type\"") }
        switch type {
        case "default": return .default
        case "commands": return .commands
        case "web_app":
            guard let text = json["text"]?.stringValue else { throw failure("Can't find field \"text\"") }
            guard let app = json["web_app"] else { throw failure("Can't find field \"web_app\"") }
            guard let url = app["url"]?.stringValue else { throw failure("Can't find field \"url\"") }
            guard !text.isEmpty else { throw .badRequest("menu button text can't be empty") }
            guard url.lowercased().hasPrefix("https://"), url.utf8.count > 8 else {
                throw .badRequest("menu button Web App URL '\(url)' is invalid: Only HTTPS links are allowed")
            }
            return .webApp(text: text, url: withPath(url))
        default: throw failure("MenuButton has unsupported type")
        }
    }

    /// Telegram gives a URL without a path back with one.
    private static func withPath(_ url: String) -> String {
        url.dropFirst(8).contains { "/?#".contains($0) } ? url : url + "/"
    }

    private static func json(_ button: MenuButton) -> String {
        JSONObjectWriter.object {
            switch button {
            case .default: $0.add("type", "default")
            case .commands: $0.add("type", "commands")
            case .webApp(let text, let url):
                $0.add("type", "web_app")
                $0.add("text", text)
                $0.add("web_app", raw: JSONObjectWriter.object { $0.add("url", url) })
            }
        }
    }
}
