/// Methods that decide where a bot's updates go, in lower case. The operator has the real webhook.
enum PlatformMethod: String, CustomStringConvertible {
    case setWebhook = "setwebhook"
    case deleteWebhook = "deletewebhook"
    case getWebhookInfo = "getwebhookinfo"
    case getUpdates = "getupdates"
    case logOut = "logout"
    case close

    /// As the Bot API spells it.
    var description: String {
        switch self {
        case .setWebhook: "setWebhook"
        case .deleteWebhook: "deleteWebhook"
        case .getWebhookInfo: "getWebhookInfo"
        case .getUpdates: "getUpdates"
        case .logOut: "logOut"
        case .close: "close"
        }
    }
}
