import JSON

extension World {
    /// Changes of messages that were sent.
    static let editMethods: [String: Method] = [
        "editMessageText": { world, context, _ in
            let text = context.arguments.string("text")
            guard text.contains(where: { !$0.isWhitespace }) else {
                throw APIFailure.badRequest("message text is empty")
            }
            let content = JSONObjectWriter.members { $0.add("text", text) }
            return try world.edit(context, text: text, content: content)
        },
        "editMessageCaption": { world, context, _ in
            try world.edit(context, text: context.arguments.string("caption"), content: nil)
        },
        "editMessageReplyMarkup": { world, context, _ in
            try world.edit(context, text: nil, content: nil)
        },
        "deleteMessage": { world, context, _ in
            let chat = try world.target(context)
            let key = MessageStore.Key(chat: chat.id, message: context.arguments.int("message_id") ?? 0)
            guard world.messages[key] != nil else { throw APIFailure.badRequest("message to delete not found") }
            world.messages.remove(key)
            return MethodResult(result: "true", chatID: chat.id, messageID: key.message)
        },
        "deleteMessages": { world, context, _ in
            let chat = try world.target(context)
            guard case .array(let ids)? = context.arguments.json("message_ids"), !ids.isEmpty else {
                throw APIFailure.badRequest("message identifiers are not specified")
            }
            for id in ids.compactMap(\.intValue) { world.messages.remove(.init(chat: chat.id, message: id)) }
            return MethodResult(result: "true", chatID: chat.id)
        },
    ]

    /// - Parameters:
    ///   - text: the new text or caption; `nil` leaves it.
    ///   - content: the new content; `nil` leaves it and puts `text` as its caption.
    private mutating func edit(
        _ context: MethodContext, text: String?, content: String?
    ) throws(APIFailure) -> MethodResult {
        if context.arguments.isPresent("inline_message_id") { return MethodResult(result: "true", text: text) }
        let chat = try target(context)
        let key = MessageStore.Key(chat: chat.id, message: context.arguments.int("message_id") ?? 0)
        guard var message = messages[key] else { throw .badRequest("message to edit not found") }
        guard message.bot == context.bot else { throw .badRequest("message can't be edited") }
        let markup = try inlineKeyboard(context.arguments)
        guard (text.map { $0 != message.text } ?? false) || markup != message.markup else {
            throw .badRequest(
                "message is not modified: specified new message content and reply markup are exactly the same as a "
                    + "current content and reply markup of the message")
        }
        if let content {
            message.content = content
        } else if let text {
            let old = JSONObjectWriter.members { $0.add("caption", message.text) }
            let new = JSONObjectWriter.members { $0.add("caption", text) }
            message.content =
                message.text.isEmpty ? message.content + "," + new : message.content.replacing(old, with: new)
        }
        if let text { message.text = text }
        message.markup = markup
        let changed = message
        messages.update(key) { $0 = changed }
        return MethodResult(
            result: messageJSON(message, id: key.message, chat: chat, editDate: context.now.unixTime), chatID: chat.id,
            messageID: key.message, text: text)
    }
}
