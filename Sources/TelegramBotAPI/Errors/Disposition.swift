/// What to do with a call whose outcome is known: decided here once, for every part that calls on behalf of a bot.
package enum Disposition: Sendable, Equatable {
    /// It is done; nothing is left to do.
    case done
    /// Try the same call again: not before `after` when Telegram said so, else after the caller's own back-off.
    case retry(after: Duration?)
    /// It can never succeed: keep it where its owner finds it.
    case deadLetter(reason: String)
    /// The token is refused: stop calling for this bot until it changes.
    case pauseBot(reason: String)
    /// Put this chat id into the call and send it again, once.
    case rewriteChat(Int64)
    /// It may have been carried out: say so, do not repeat it blindly.
    case outcomeUnknown(reason: String)

    /// - Parameters:
    ///   - failure: what the call ended in; `nil` for success.
    ///   - method: the Bot API method, in any case.
    ///   - repeatsWhenUnknown: for senders that would rather send twice than not at all.
    package static func disposition(
        for failure: TelegramError?, method: String, repeatsWhenUnknown: Bool = false
    ) -> Disposition {
        guard let failure else { return .done }
        let reason = failure.apiDescription ?? failure.message
        let unknown: Disposition = repeatsWhenUnknown ? .retry(after: nil) : .outcomeUnknown(reason: reason)
        let isSafe = RetryClass.of(method).isSafeToRepeat
        switch failure.code {
        case .tooManyRequests(let seconds): return .retry(after: .seconds(seconds))
        case .chatMigrated(let chat): return .rewriteChat(chat)
        case .unauthorized, .notFound, .malformedToken: return .pauseBot(reason: reason)
        case .transport, .cancelled: return .retry(after: nil)
        case .server:
            // "restart" is said before anything is carried out: the server is shutting down (Client::get_closing_error).
            return isSafe || reason == "Internal Server Error: restart" ? .retry(after: nil) : unknown
        case .outcomeUnknown: return isSafe ? .retry(after: nil) : unknown
        case .malformedAnswer: return isSafe ? .deadLetter(reason: reason) : unknown
        case .conflict: return .retry(after: nil)
        case .badRequest where reason.hasPrefix("Bad Request: message is not modified"): return .done
        case .badRequest, .forbidden, .methodNotFound, .payloadTooLarge, .invalidRequest:
            return .deadLetter(reason: reason)
        }
    }
}
