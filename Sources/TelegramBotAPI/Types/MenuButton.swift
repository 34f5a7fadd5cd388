/// `MenuButton`: what stands beside the input field of a private chat with a bot.
package enum MenuButton: Sendable, Hashable {
    /// Nothing was set.
    case `default`
    /// Opens the list of commands.
    case commands
    /// Opens a Web App.
    case webApp(text: String, url: String)
}

extension MenuButton: Codable {
    private struct WebAppInfo: Codable { let url: String }

    private enum CodingKeys: String, CodingKey {
        case type, text
        case webApp = "web_app"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .type) {
        case "commands": self = .commands
        case "web_app":
            self = .webApp(
                text: try container.decode(String.self, forKey: .text),
                url: try container.decode(WebAppInfo.self, forKey: .webApp).url)
        default: self = .default
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .default: try container.encode("default", forKey: .type)
        case .commands: try container.encode("commands", forKey: .type)
        case .webApp(let text, let url):
            try container.encode("web_app", forKey: .type)
            try container.encode(text, forKey: .text)
            try container.encode(WebAppInfo(url: url), forKey: .webApp)
        }
    }
}
