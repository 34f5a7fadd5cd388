package import JSON

/// What a route's service is POSTed, as JSON: an update in the few words that a service needs.
///
/// `request_id` is the same each time the same update is sent, so that a service can tell a repetition.
package enum RouteRequest: Encodable, Sendable, Equatable {
    /// - Parameters:
    ///   - command: in lower case, without the slash and the bot's name.
    ///   - arguments: what stands behind it; `nil`, and absent from the body: nothing.
    case command(telegramUserID: Int64, command: String, arguments: String?, requestID: String)
    /// - Parameters:
    ///   - userID: what the service called the user before (see ``RouteAnswer/userID``); `nil`, and null in the body: not known.
    ///   - action: the button's data up to the first colon.
    ///   - targetUserID: the data behind it; `nil`, and null in the body: there is none.
    case callback(userID: JSONValue?, action: String, targetUserID: String?, requestID: String)
    /// - Parameter userID: as for a callback.
    case text(userID: JSONValue?, telegramUserID: Int64, message: String, requestID: String)

    private enum CodingKeys: String, CodingKey {
        case command, arguments, action, message
        case userID = "user_id"
        case telegramUserID = "telegram_user_id"
        case targetUserID = "target_user_id"
        case requestID = "request_id"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .command(let telegramUserID, let command, let arguments, let requestID):
            try container.encode(telegramUserID, forKey: .telegramUserID)
            try container.encode(command, forKey: .command)
            try container.encodeIfPresent(arguments, forKey: .arguments)
            try container.encode(requestID, forKey: .requestID)
        case .callback(let userID, let action, let targetUserID, let requestID):
            try container.encode(userID ?? .null, forKey: .userID)
            try container.encode(action, forKey: .action)
            try container.encode(targetUserID, forKey: .targetUserID)
            try container.encode(requestID, forKey: .requestID)
        case .text(let userID, let telegramUserID, let message, let requestID):
            try container.encode(userID ?? .null, forKey: .userID)
            try container.encode(telegramUserID, forKey: .telegramUserID)
            try container.encode(message, forKey: .message)
            try container.encode(requestID, forKey: .requestID)
        }
    }

    /// The id of the request that is made for an update.
    package static func id(of update: Int64, for bot: BotID) -> String { "\(bot)-\(update)" }

    /// Headers of the request, beside `Content-Type: application/json` and the W3C `traceparent`.
    package enum Header {
        /// As `request_id` in the body.
        package static let requestID = "X-Request-ID"
        /// `bot_<number>`.
        package static let botID = "X-Bot-ID"
        /// The route's name.
        package static let route = "X-Route"
        /// Who wrote or pressed.
        package static let userID = "X-Telegram-User-ID"
        /// Where; absent for buttons of inline messages.
        package static let chatID = "X-Telegram-Chat-ID"
    }
}
