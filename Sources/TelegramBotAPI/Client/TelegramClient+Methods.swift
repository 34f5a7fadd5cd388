import HTTPClient
import HTTPTypes
package import JSON

extension TelegramClient {
    /// Who the token belongs to; the cheapest proof that it is good.
    package func getMe(
        token: BotToken, timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> TelegramUser {
        try await call("getMe", [String: String](), token: token, timeout: timeout)
    }

    /// Points Telegram at a webhook. Success proves a name and a socket, neither TLS nor HTTP: look at
    /// ``getWebhookInfo(token:timeout:)`` afterwards.
    /// - Returns: `Webhook was set` or `Webhook is already set`.
    @discardableResult package func setWebhook(
        _ settings: WebhookSettings, token: BotToken, timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> String {
        let answer: Answer<Bool> = try await answer("setWebhook", settings, token: token, timeout: timeout)
        return answer.description ?? ""
    }

    /// Takes the webhook away.
    /// - Parameter dropPending: forget the updates that wait.
    /// - Returns: `Webhook was deleted` or `Webhook is already deleted`.
    @discardableResult package func deleteWebhook(
        dropPending: Bool = false, token: BotToken, timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> String {
        let answer: Answer<Bool> = try await answer(
            "deleteWebhook", dropPending ? ["drop_pending_updates": true] : [:], token: token, timeout: timeout)
        return answer.description ?? ""
    }

    /// The webhook as Telegram has it, with its last error.
    package func getWebhookInfo(
        token: BotToken, timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> WebhookInfo {
        try await call("getWebhookInfo", [String: String](), token: token, timeout: timeout)
    }

    /// Asks for updates, byte for byte as Telegram writes them.
    /// - Parameters:
    ///   - offset: confirms all updates below it; `nil` confirms nothing.
    ///   - limit: 1 to 100.
    ///   - wait: how long Telegram may hold the call until there is an update, whole seconds up to 50.
    ///   - allowedUpdates: `nil` keeps what was set before.
    package func getUpdates(
        offset: Int64?, limit: Int = RawUpdate.mostInAnAnswer, wait: Duration, allowedUpdates: [String]? = nil,
        token: BotToken
    ) async throws(TelegramError) -> [RawUpdate] {
        let response = try await updates(
            offset: offset, limit: limit, wait: wait, allowedUpdates: allowedUpdates, token: token)
        do {
            return try RawUpdate.split(answer: response.body)
        } catch {
            throw TelegramError(.malformedAnswer, "getUpdates: \(error)", status: response.status.rawValue)
        }
    }

    /// As ``getUpdates(offset:limit:wait:allowedUpdates:token:)``, without failing for an element that is not an Update.
    package func pollUpdates(
        offset: Int64?, limit: Int = RawUpdate.mostInAnAnswer, wait: Duration, allowedUpdates: [String]? = nil,
        token: BotToken
    ) async throws(TelegramError) -> [PolledUpdate] {
        let response = try await updates(
            offset: offset, limit: limit, wait: wait, allowedUpdates: allowedUpdates, token: token)
        do {
            return try PolledUpdate.all(of: response.body, askedFrom: offset)
        } catch {
            throw TelegramError(.malformedAnswer, "getUpdates: \(error)", status: response.status.rawValue)
        }
    }

    private func updates(
        offset: Int64?, limit: Int, wait: Duration, allowedUpdates: [String]?, token: BotToken
    ) async throws(TelegramError) -> HTTPResponse {
        var parameters: [String: JSONValue] = [
            "limit": .int(Int64(limit)), "timeout": .int(wait.components.seconds),
        ]
        if let offset { parameters["offset"] = .int(offset) }
        if let allowedUpdates { parameters["allowed_updates"] = .array(allowedUpdates.map { .string($0) }) }
        return try await response(
            "getUpdates", parameters, token: token, timeout: wait + TelegramClient.defaultTimeout)
    }

    /// Sends a text.
    /// - Parameters:
    ///   - chat: its id, or a channel's `@name`.
    ///   - replyMarkup: a keyboard as the Bot API documents it.
    package func sendMessage(
        chat: JSONValue, text: String, replyMarkup: JSONValue? = nil, token: BotToken,
        timeout: Duration = TelegramClient.defaultTimeout
    ) async throws(TelegramError) -> TelegramMessage {
        var parameters: [String: JSONValue] = ["chat_id": chat, "text": .string(text)]
        parameters["reply_markup"] = replyMarkup
        return try await call("sendMessage", JSONValue.object(parameters), token: token, timeout: timeout)
    }
}
