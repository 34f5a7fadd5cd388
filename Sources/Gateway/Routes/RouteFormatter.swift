import JSON
import PlatformAPI

/// The Bot API calls that an answer of a service becomes. Pure.
///
/// A message comes last: when Kafka does not take all of them, the update comes again, and what was put there once is put
/// there twice. Twice an answered button does no harm.
enum RouteFormatter {
    /// - Parameter answer: one without a ``RouteAnswer/problem``.
    static func calls(
        _ answer: RouteAnswer, to update: RoutableUpdate, requestID: String
    ) -> [OutgoingEnvelope] {
        var calls: [OutgoingEnvelope] = []
        if let callback = update.place.callbackID {
            calls.append(notice(answer.notice, alert: answer.alert, callback: callback, requestID))
        }
        if let message = message(answer, to: update, requestID) { calls.append(message) }
        return calls
    }

    /// What the platform itself has to say to the user: below a message, or in a window over the pressed button.
    /// - Parameter text: empty: only the button's clock is stopped.
    static func calls(saying text: String, to place: RoutableUpdate.Place, requestID: String) -> [OutgoingEnvelope] {
        if let callback = place.callbackID {
            return [notice(text.isEmpty ? nil : text, alert: !text.isEmpty, callback: callback, requestID)]
        }
        guard !text.isEmpty, let chat = place.chatID else { return [] }
        return [send(["text": .string(text)], to: chat, place, requestID)]
    }

    private static func notice(
        _ text: String?, alert: Bool, callback: String, _ requestID: String
    ) -> OutgoingEnvelope {
        var params: [String: JSONValue] = ["callback_query_id": .string(callback)]
        if let text, !text.isEmpty {
            params["text"] = .string(text)
            if alert { params["show_alert"] = true }
        }
        return OutgoingEnvelope(method: "answerCallbackQuery", params: .object(params), requestID: requestID)
    }

    private static func message(
        _ answer: RouteAnswer, to update: RoutableUpdate, _ requestID: String
    ) -> OutgoingEnvelope? {
        var params: [String: JSONValue] = [:]
        params["text"] = answer.text.map { .string($0) }
        if answer.text != nil { params["parse_mode"] = answer.parseMode.map { .string($0) } }
        // An edit without buttons takes those away that are there, by Telegram's rule.
        params["reply_markup"] = answer.keyboard.map(keyboard)
        guard !params.isEmpty else { return nil }
        if answer.edit, let target = target(of: update.place) {
            let method = answer.text == nil ? "editMessageReplyMarkup" : "editMessageText"
            params.merge(target) { $1 }
            return OutgoingEnvelope(method: method, params: .object(params), requestID: requestID)
        }
        guard answer.text != nil else { return nil }
        // Whoever pressed a button of an inline message has perhaps a private chat with the bot.
        return send(params, to: update.place.chatID ?? update.userID, update.place, requestID)
    }

    private static func send(
        _ params: [String: JSONValue], to chat: Int64, _ place: RoutableUpdate.Place, _ requestID: String
    ) -> OutgoingEnvelope {
        var params = params
        params["chat_id"] = .int(chat)
        params["message_thread_id"] = place.threadID.map { .int($0) }
        return OutgoingEnvelope(method: "sendMessage", params: .object(params), requestID: requestID)
    }

    /// What names the message that the pressed button stands on; `nil`: no button was pressed.
    private static func target(of place: RoutableUpdate.Place) -> [String: JSONValue]? {
        guard place.callbackID != nil else { return nil }
        if let inline = place.inlineMessageID { return ["inline_message_id": .string(inline)] }
        guard let chat = place.chatID, let message = place.messageID else { return nil }
        return ["chat_id": .int(chat), "message_id": .int(message)]
    }

    private static func keyboard(_ rows: [[RouteAnswer.Button]]) -> JSONValue {
        let rows = rows.map { row in
            JSONValue.array(
                row.map { button in
                    var members: [String: JSONValue] = ["text": .string(button.text)]
                    members["callback_data"] = button.data.map { .string($0) }
                    members["url"] = button.url.map { .string($0) }
                    return .object(members)
                })
        }
        return ["inline_keyboard": .array(rows)]
    }
}
