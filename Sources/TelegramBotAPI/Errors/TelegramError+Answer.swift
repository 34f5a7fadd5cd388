package import HTTPTypes

extension TelegramError {
    /// The longest wait Telegram is believed to ask for: a day. More would be a broken answer.
    private static let longestRetryAfter = 86_400

    /// Translates an answer that is not a success. `nil` when it is one.
    ///
    /// Only the Bot API's own JSON is believed about tokens: a proxy's 404 page is `malformedAnswer`, because a wrong base
    /// URL must not look like a revoked token.
    /// - Parameter retryAfterHeader: of a 429 or 5xx without a body that says it.
    package static func from(
        status: HTTPStatus, answer: AnswerHead?, retryAfterHeader: String?, method: String
    ) -> TelegramError? {
        if let answer, answer.ok { return nil }
        let number = answer?.errorCode ?? status.rawValue
        let text = answer?.description ?? ""
        func error(_ code: Code, _ hint: String = "") -> TelegramError {
            let said = text.isEmpty ? "HTTP \(number)" : text
            return TelegramError(
                code, "\(method): \(said)\(hint.isEmpty ? "" : "; \(hint)")", status: number,
                apiDescription: answer?.description)
        }
        if number == 429 {
            let seconds = answer?.parameters?.retryAfter ?? retryAfterHeader.flatMap { Int($0) } ?? 1
            return error(.tooManyRequests(retryAfter: min(max(seconds, 1), longestRetryAfter)))
        }
        if number == 413 { return error(.payloadTooLarge, "send less, or the file by its id or URL") }
        if number >= 500 { return error(.server) }
        guard answer != nil else {
            return TelegramError(
                .malformedAnswer,
                "\(method): HTTP \(number) with a body that is not the Bot API's; check the API's base URL",
                status: number)
        }
        switch number {
        case 400:
            if let chat = answer?.parameters?.migrateToChatID { return error(.chatMigrated(to: chat)) }
            return error(.badRequest)
        case 401: return error(.unauthorized, "the token is unknown or revoked, get the current one from @BotFather")
        case 403: return error(.forbidden)
        case 404 where text.hasPrefix("Not Found: method"): return error(.methodNotFound)
        case 404: return error(.notFound, "the token is malformed or revoked, get the current one from @BotFather")
        case 409: return error(.conflict)
        default: return error(.badRequest)
        }
    }
}
