import JSON

extension World {
    /// Messages without files.
    static let messageMethods: [String: Method] = [
        "sendMessage": { world, context, _ in try world.sendMessage(context) },
        "forwardMessage": { world, context, _ in
            try world.repeatMessage(context, verb: "forward")
        },
        "copyMessage": { world, context, _ in
            var result = try world.repeatMessage(context, verb: "copy")
            result.result = JSONObjectWriter.object { $0.add("message_id", result.messageID ?? 0) }
            return result
        },
        "sendChatAction": { world, context, _ in
            let chat = try world.target(context)
            guard Self.chatActions.contains(context.arguments.string("action").lowercased()) else {
                throw APIFailure.badRequest("wrong parameter action in request")
            }
            return MethodResult(result: "true", chatID: chat.id)
        },
        "sendLocation": { world, context, _ in
            try world.sendContent(context, object: "location", members: ["latitude", "longitude"])
        },
        "sendContact": { world, context, _ in
            try world.sendContent(context, object: "contact", members: ["phone_number", "first_name"])
        },
        "sendDice": { world, context, _ in
            let emoji = context.arguments.string("emoji")
            let value = Int64.random(in: 1...6, using: &world.random)
            let dice = JSONObjectWriter.object {
                $0.add("emoji", emoji.isEmpty ? "🎲" : emoji)
                $0.add("value", value)
            }
            return try world.sendContent(context, content: "\"dice\":\(dice)")
        },
        "answerCallbackQuery": { world, context, _ in
            let id = context.arguments.string("callback_query_id")
            guard let query = world.queries[id], query.bot == context.bot, query.expiresAt > context.now.elapsed else {
                throw APIFailure.badRequest("query is too old and response timeout expired or query ID is invalid")
            }
            world.queries.close(id)
            return MethodResult(result: "true", chatID: query.chatID, text: context.arguments.string("text"))
        },
    ]

    private static let longestText = 4096
    private static let chatActions: Set<String> = [
        "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
        "choose_sticker", "find_location", "record_video_note", "upload_video_note",
    ]

    private mutating func sendMessage(_ context: MethodContext) throws(APIFailure) -> MethodResult {
        let text = context.arguments.string("text")
        guard text.contains(where: { !$0.isWhitespace }) else { throw .badRequest("message text is empty") }
        let chat = try target(context)
        guard text.unicodeScalars.count <= Self.longestText else { throw .badRequest("message is too long") }
        let markup = try inlineKeyboard(context.arguments)
        try countSending(context, to: chat)
        return post(
            context, to: chat, text: text, content: JSONObjectWriter.members { $0.add("text", text) }, markup: markup)
    }

    /// A message whose content is not modelled: it has none.
    mutating func sendOther(_ context: MethodContext) throws(APIFailure) -> MethodResult {
        try sendContent(context, content: "")
    }

    /// A message whose content is an object made of arguments.
    private mutating func sendContent(
        _ context: MethodContext, object: String, members: [String]
    ) throws(APIFailure) -> MethodResult {
        var writer = JSONObjectWriter()
        for member in members {
            guard context.arguments.isPresent(member) else { throw .badRequest("\(object) \(member) is empty") }
            if let number = context.arguments.json(member), number.stringValue == nil, object == "location" {
                writer.add(member, number)
            } else {
                writer.add(member, context.arguments.string(member))
            }
        }
        return try sendContent(context, content: "\"\(object)\":\(writer.finish())")
    }

    private mutating func sendContent(_ context: MethodContext, content: String) throws(APIFailure) -> MethodResult {
        let chat = try target(context)
        let markup = try inlineKeyboard(context.arguments)
        try countSending(context, to: chat)
        return post(context, to: chat, text: context.arguments.string("caption"), content: content, markup: markup)
    }

    private mutating func repeatMessage(_ context: MethodContext, verb: String) throws(APIFailure) -> MethodResult {
        let chat = try target(context)
        let source = try target(context, argument: "from_chat_id")
        let key = MessageStore.Key(chat: source.id, message: context.arguments.int("message_id") ?? 0)
        guard let message = messages[key] else { throw .badRequest("message to \(verb) not found") }
        try countSending(context, to: chat)
        return post(context, to: chat, text: message.text, content: message.content)
    }
}
