import JSON
import TelegramBotAPI

extension World {
    /// A user writes: the bots that see it get an update each.
    mutating func write(
        _ spec: MessageSpec, _ now: Moment, _ actions: inout [WorldAction]
    ) throws(SimulatorError) -> [UpdateReceipt] {
        if people[spec.user] == nil { _ = try createUser(UserSpec(id: spec.user)) }
        guard let person = people[spec.user] else { throw Self.noUser(spec.user) }
        let chatID = spec.chat ?? spec.user
        guard let chat = chats[chatID] else { throw Self.noChat(chatID) }
        let receivers = try receivers(of: spec, in: chat)
        if chat.kind == .private, let bot = spec.bot {
            people[spec.user]?.started.insert(bot)
            try setBlocked(false, bot: bot, user: spec.user, now, &actions)
        }
        let messageID = spec.edits ?? newMessageID(in: chatID)
        let content = JSONObjectWriter.members {
            if let text = spec.text {
                $0.add("text", text)
                if let entities = Self.commandEntities(text) { $0.add("entities", raw: entities) }
            }
            for (name, value) in (spec.fields ?? [:]).sorted(by: { $0.key < $1.key }) { $0.add(name, value) }
        }
        messages.insert(
            .init(bot: nil, date: now.unixTime, text: spec.text ?? "", markup: "", content: content),
            at: .init(chat: chatID, message: messageID))
        let message = JSONObjectWriter.object {
            $0.add("message_id", messageID)
            if chat.kind == .channel {
                $0.add("sender_chat", raw: chat.json)
            } else {
                $0.add("from", raw: person.userJSON)
            }
            $0.add("chat", raw: chat.json)
            $0.add("date", now.unixTime)
            if spec.edits != nil { $0.add("edit_date", now.unixTime) }
            $0.addMembers(content)
        }
        let kind: UpdateKind =
            switch (chat.kind, spec.edits) {
            case (.channel, nil): .channelPost
            case (.channel, _): .editedChannelPost
            case (_, nil): .message
            case (_, _): .editedMessage
            }
        let author = chat.kind == .channel ? nil : spec.user
        return receivers.map { bot in
            let id = give(bot, kind, chatID: chatID, userID: author, now, &actions, content: message)
            return UpdateReceipt(
                bot: bot, updateID: id, chatID: chatID, messageID: messageID, queryID: nil, time: now.unixMicroseconds)
        }
    }

    private func receivers(of spec: MessageSpec, in chat: Chat) throws(SimulatorError) -> [Int64] {
        if let bot = spec.bot {
            guard bots[bot] != nil else { throw Self.noBot(bot) }
            if chat.kind != .private, chat.bots[bot]?.isInside != true {
                throw SimulatorError(.invalid, "bot \(bot) is not in chat \(chat.id)")
            }
            return [bot]
        }
        guard chat.kind != .private else {
            throw SimulatorError(.invalid, "say which bot the message is for: a private chat is with one bot")
        }
        return chat.bots.filter { $0.value.isInside && bots[$0.key] != nil }.keys.sorted()
    }

    /// `entities` of a text that begins with a command.
    private static func commandEntities(_ text: String) -> String? {
        guard text.hasPrefix("/") else { return nil }
        let length = text.prefix { !$0.isWhitespace }.utf16.count
        return length > 1 ? #"[{"offset":0,"length":\#(length),"type":"bot_command"}]"# : nil
    }

    /// A user presses a button.
    mutating func press(
        _ spec: CallbackSpec, _ now: Moment, _ actions: inout [WorldAction]
    ) throws(SimulatorError) -> UpdateReceipt {
        guard bots[spec.bot] != nil else { throw Self.noBot(spec.bot) }
        guard let person = people[spec.user] else { throw Self.noUser(spec.user) }
        let chatID = spec.chat ?? spec.user
        guard let chat = chats[chatID] else { throw Self.noChat(chatID) }
        guard (1...64).contains(spec.data.utf8.count) else {
            throw SimulatorError(.invalid, "a button's data has 1 to 64 bytes")
        }
        var message: String?
        if let id = spec.messageID {
            guard let known = messages[.init(chat: chatID, message: id)] else {
                throw SimulatorError(.notFound, "there is no message \(id) in chat \(chatID)")
            }
            message = messageJSON(known, id: id, chat: chat)
        }
        let expiry = now.elapsed + PendingUpdate.lifetime(of: .callbackQuery)
        let query = queries.open(bot: spec.bot, chatID: chatID, expiresAt: expiry)
        let content = JSONObjectWriter.object {
            $0.add("id", query)
            $0.add("from", raw: person.userJSON)
            if let message { $0.add("message", raw: message) }
            $0.add("chat_instance", "\(chatID &* 31)")
            $0.add("data", spec.data)
        }
        let id = give(
            spec.bot, .callbackQuery, chatID: chatID, userID: spec.user, now, &actions, content: content)
        return UpdateReceipt(
            bot: spec.bot, updateID: id, chatID: chatID, messageID: spec.messageID, queryID: query,
            time: now.unixMicroseconds)
    }

    /// Gives a bot an Update as it is, but for its number.
    /// - Parameter keepsID: leaves the number too, for tests of updates that come twice.
    mutating func inject(
        _ bytes: [UInt8], bot: Int64, keepsID: Bool, _ now: Moment, _ actions: inout [WorldAction]
    ) throws(SimulatorError) -> UpdateReceipt {
        guard bots[bot] != nil else { throw Self.noBot(bot) }
        let fields: UpdateFields
        do {
            fields = try UpdateFields.scan(bytes)
        } catch {
            throw SimulatorError(.invalid, "\(error)")
        }
        guard let place = UpdateIDPlace.find(in: bytes) else {
            throw SimulatorError(.invalid, "the Update's update_id is not written plainly")
        }
        // A private chat that an update speaks of exists: bots may answer it.
        if let chat = fields.chatID, chat > 0, chat == fields.userID {
            if people[chat] == nil { _ = try createUser(UserSpec(id: chat)) }
            people[chat]?.started.insert(bot)
        }
        if fields.kind == .callbackQuery, let query = JSONValue.parse(bytes)?["callback_query"]?["id"]?.stringValue {
            let expiry = now.elapsed + PendingUpdate.lifetime(of: .callbackQuery)
            queries.insert(query, .init(bot: bot, chatID: fields.chatID, expiresAt: expiry))
        }
        let id = bots[bot]?.engine.enqueue(
            fields.kind, chatID: fields.chatID, userID: fields.userID, id: keepsID ? fields.updateID : nil,
            now: now.elapsed
        ) { id in
            Array(bytes[..<place.lowerBound]) + Array("\(id)".utf8) + Array(bytes[place.upperBound...])
        }
        settle(bot, now, &actions)
        return UpdateReceipt(
            bot: bot, updateID: id, chatID: fields.chatID, messageID: nil, queryID: nil, time: now.unixMicroseconds)
    }

    /// Writes the messages with these numbers of a load; gives how many were taken.
    mutating func load(
        _ spec: LoadSpec, _ numbers: Range<Int>, _ now: Moment, _ actions: inout [WorldAction]
    ) throws(SimulatorError) -> Int {
        guard (1...100_000).contains(spec.users), (1...1_000_000).contains(spec.messages) else {
            throw SimulatorError(.invalid, "users must be 1 to 100000 and messages 1 to 1000000")
        }
        let first = spec.firstUser ?? 900_000_001
        guard first > 0 else { throw SimulatorError(.invalid, "first_user must be positive") }
        var accepted = 0
        for number in numbers {
            let message = MessageSpec(
                bot: spec.bot, user: first + Int64(number % spec.users), text: "\(spec.text ?? "load") #\(number)")
            if try write(message, now, &actions).first?.updateID != nil { accepted += 1 }
        }
        return accepted
    }
}
