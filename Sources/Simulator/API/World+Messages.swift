import JSON

extension World {
    /// The chat a call goes to, if this bot may write there. The texts are Telegram's.
    func target(_ context: MethodContext, argument: String = "chat_id") throws(APIFailure) -> Chat {
        let text = context.arguments.string(argument)
        guard !text.isEmpty else { throw .badRequest("\(argument) is empty") }
        return try chat(text, of: context.bot)
    }

    /// The chat with this number or @name, if the bot may write there.
    func chat(_ text: String, of bot: Int64) throws(APIFailure) -> Chat {
        let found: Chat?
        if let id = Int64(text) {
            found = chats[id]
        } else if text.hasPrefix("@") {
            let name = text.dropFirst().lowercased()
            found = chats.values.first { $0.kind != .private && $0.username?.lowercased() == name }
        } else {
            found = nil
        }
        guard let chat = found else { throw .badRequest("chat not found") }
        try checkAccess(to: chat, bot: bot)
        return chat
    }

    private func checkAccess(to chat: Chat, bot: Int64) throws(APIFailure) {
        if let new = chat.migratedTo {
            var failure = APIFailure.badRequest("group chat was upgraded to a supergroup chat")
            failure.migrateToChatID = new
            throw failure
        }
        if chat.kind == .private {
            guard let person = people[chat.id], person.started.contains(bot) else {
                throw .badRequest("chat not found")
            }
            if person.blocked.contains(bot) { throw .forbidden("bot was blocked by the user") }
            return
        }
        switch chat.bots[bot] {
        case .member, .administrator: return
        case .kicked: throw .forbidden("bot was kicked from the \(chat.kind.phrase)")
        case .left: throw .forbidden("bot is not a member of the \(chat.kind.phrase)")
        case nil: throw .badRequest("chat not found")
        }
    }

    /// Counts a message against the limits, where they are enforced.
    mutating func countSending(_ context: MethodContext, to chat: Chat) throws(APIFailure) {
        guard settings.enforcesLimits else { return }
        let isGroup = chat.kind != .private
        if let seconds = bots[context.bot]?.limiter.take(chat: chat.id, isGroup: isGroup, now: context.now.elapsed) {
            throw .tooManyRequests(seconds)
        }
    }

    /// Makes a bot's message and gives it as the method's result.
    mutating func post(
        _ context: MethodContext, to chat: Chat, text: String, content: String, markup: String = ""
    ) -> MethodResult {
        let id = newMessageID(in: chat.id)
        let key = MessageStore.Key(chat: chat.id, message: id)
        let message = MessageStore.Message(
            bot: context.bot, date: context.now.unixTime, text: text, markup: markup, content: content)
        messages.insert(message, at: key)
        return MethodResult(
            result: messageJSON(message, id: id, chat: chat), chatID: chat.id, messageID: id, text: text)
    }

    mutating func newMessageID(in chat: Int64) -> Int64 { chats[chat]?.nextMessageID() ?? 1 }

    /// `Message` of a message that a bot sent.
    func messageJSON(_ message: MessageStore.Message, id: Int64, chat: Chat, editDate: Int64? = nil) -> String {
        JSONObjectWriter.object {
            $0.add("message_id", id)
            if chat.kind == .channel {
                $0.add("sender_chat", raw: chat.json)
            } else if let bot = message.bot.flatMap({ bots[$0] }) {
                $0.add("from", raw: bot.userJSON)
            }
            $0.add("chat", raw: chat.json)
            $0.add("date", message.date)
            if let editDate { $0.add("edit_date", editDate) }
            $0.addMembers(message.content)
            if !message.markup.isEmpty { $0.add("reply_markup", raw: message.markup) }
        }
    }

    /// `reply_markup` as it stands in the message: only inline keyboards do. Empty when there is none.
    func inlineKeyboard(_ arguments: APIArguments) throws(APIFailure) -> String {
        guard arguments.isPresent("reply_markup"), !arguments.string("reply_markup").isEmpty else { return "" }
        guard case .object(let members)? = arguments.json("reply_markup") else {
            throw .badRequest("can't parse reply keyboard markup JSON object")
        }
        guard let keyboard = members["inline_keyboard"] else { return "" }
        guard case .array(let rows) = keyboard else {
            throw .badRequest("field \"inline_keyboard\" of the InlineKeyboardMarkup should be an Array of Arrays")
        }
        for button in rows.flatMap({ $0.arrayValue ?? [] }) {
            guard let text = button["text"]?.stringValue, !text.isEmpty else {
                throw .badRequest("can't parse inline keyboard button: Text must be non-empty")
            }
            if let data = button["callback_data"]?.stringValue, !(1...64).contains(data.utf8.count) {
                throw .badRequest("BUTTON_DATA_INVALID")
            }
        }
        return rows.isEmpty ? "" : JSONValue.object(["inline_keyboard": keyboard]).text
    }
}
