import TelegramBotAPI

extension World {
    /// Makes a bot.
    mutating func createBot(_ spec: BotSpec) throws(SimulatorError) -> BotInfo {
        var token = spec.token
        var id = spec.id
        if let given = token {
            do {
                let parsed = try BotToken(given)
                guard id == nil || id == parsed.botNumber else {
                    throw SimulatorError(.invalid, "the token's number and the id differ: leave one of them out")
                }
                id = parsed.botNumber
            } catch let error as SimulatorError {
                throw error
            } catch {
                throw SimulatorError(.invalid, "\(error)")
            }
        }
        let number = id ?? freeID(&nextBotID)
        guard number > 0 else { throw SimulatorError(.invalid, "a bot's id must be positive") }
        guard bots[number] == nil, people[number] == nil else {
            throw SimulatorError(.exists, "there is a bot or user \(number) already")
        }
        let secret = "AA" + randomText(33)
        token = token ?? "\(number):\(secret)"
        let bot = Bot(
            id: number, token: token ?? "", username: spec.username ?? "bot\(number)_bot",
            firstName: spec.firstName ?? "Bot \(number)",
            engine: DeliveryEngine(
                botID: number, firstUpdateID: .random(in: 1...900_000_000, using: &random), limits: settings.limits,
                random: SeededRandom(seed: random.next())))
        bots[number] = bot
        tokens[bot.token] = number
        return Self.info(bot)
    }

    /// Takes a bot away; its token is unknown from now on.
    mutating func deleteBot(_ id: Int64, _ actions: inout [WorldAction]) throws(SimulatorError) {
        guard let bot = bots[id] else { throw Self.noBot(id) }
        endPoll(of: id, .unauthorized, &actions)
        tokens[bot.token] = nil
        bots[id] = nil
    }

    /// Gives a bot a new token, as @BotFather's `/revoke` does; the old one is unknown from now on.
    mutating func revokeToken(_ id: Int64) throws(SimulatorError) -> BotInfo {
        guard let bot = bots[id] else { throw Self.noBot(id) }
        tokens[bot.token] = nil
        let token = "\(id):AA\(randomText(33))"
        tokens[token] = id
        bots[id]?.token = token
        return BotInfo(id: id, token: token, username: bot.username, firstName: bot.firstName)
    }

    /// Makes a user.
    mutating func createUser(_ spec: UserSpec) throws(SimulatorError) -> UserSpec {
        let id = spec.id ?? freeID(&nextPersonID)
        guard id > 0 else { throw SimulatorError(.invalid, "a user's id must be positive") }
        guard bots[id] == nil, people[id] == nil else {
            throw SimulatorError(.exists, "there is a bot or user \(id) already")
        }
        let person = Person(
            id: id, firstName: spec.firstName ?? "User \(id)", lastName: spec.lastName, username: spec.username,
            languageCode: spec.languageCode)
        people[id] = person
        chats[id] = Chat(
            id: id, kind: .private, title: person.firstName, lastName: person.lastName, username: person.username)
        return Self.info(person)
    }

    /// Blocks or unblocks a bot, as its user does; the bot gets `my_chat_member`.
    mutating func setBlocked(
        _ blocks: Bool, bot: Int64, user: Int64, _ now: Moment, _ actions: inout [WorldAction]
    ) throws(SimulatorError) {
        guard let known = bots[bot] else { throw Self.noBot(bot) }
        guard let person = people[user], let chat = chats[user] else { throw Self.noUser(user) }
        guard person.blocked.contains(bot) != blocks else { return }
        if blocks { people[user]?.blocked.insert(bot) } else { people[user]?.blocked.remove(bot) }
        guard person.started.contains(bot) else { return }
        let member = { (status: BotMembership) in
            JSONObjectWriter.object {
                $0.add("user", raw: known.userJSON)
                $0.add("status", status.rawValue)
                if status == .kicked { $0.add("until_date", Int64(0)) }
            }
        }
        let content = JSONObjectWriter.object {
            $0.add("chat", raw: chat.json)
            $0.add("from", raw: person.userJSON)
            $0.add("date", now.unixTime)
            $0.add("old_chat_member", raw: member(blocks ? .member : .kicked))
            $0.add("new_chat_member", raw: member(blocks ? .kicked : .member))
        }
        give(bot, .myChatMember, chatID: user, userID: user, now, &actions, content: content)
    }

    /// Makes a group or channel.
    mutating func createChat(_ spec: ChatSpec) throws(SimulatorError) -> ChatSpec {
        guard spec.type != .private else {
            throw SimulatorError(.invalid, "private chats exist by themselves: create a user instead")
        }
        let id: Int64
        if let given = spec.id {
            id = given
        } else {
            let number = freeID(&nextGroupID)
            id = spec.type == .group ? -number : -1_000_000_000_000 - number
        }
        guard id < 0 else { throw SimulatorError(.invalid, "the id of a group or channel is negative") }
        guard chats[id] == nil else { throw SimulatorError(.exists, "there is a chat \(id) already") }
        var chat = Chat(id: id, kind: spec.type, title: spec.title ?? "Chat \(-id)", username: spec.username)
        for bot in spec.bots ?? [] {
            guard bots[bot] != nil else { throw Self.noBot(bot) }
            chat.bots[bot] = .member
        }
        chats[id] = chat
        return Self.info(chat)
    }

    /// Puts a bot into a group or channel, or takes it out (`left`, `kicked`).
    mutating func setMembership(_ status: BotMembership, bot: Int64, chat: Int64) throws(SimulatorError) {
        guard bots[bot] != nil else { throw Self.noBot(bot) }
        guard let known = chats[chat], known.kind != .private else { throw Self.noChat(chat) }
        chats[chat]?.bots[bot] = status
    }

    /// Makes a supergroup of a group; calls to the old id are told the new one.
    mutating func migrate(_ id: Int64) throws(SimulatorError) -> ChatSpec {
        guard let old = chats[id] else { throw Self.noChat(id) }
        guard old.kind == .group, old.migratedTo == nil else {
            throw SimulatorError(.invalid, "chat \(id) is no group that could become a supergroup")
        }
        var new = Chat(id: -1_000_000_000_000 - freeID(&nextGroupID), kind: .supergroup, title: old.title)
        new.bots = old.bots
        chats[new.id] = new
        chats[id]?.migratedTo = new.id
        return Self.info(new)
    }

    private func freeID(_ next: inout Int64) -> Int64 {
        while bots[next] != nil || people[next] != nil || chats[-next] != nil { next += 1 }
        defer { next += 1 }
        return next
    }

    private mutating func randomText(_ length: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
        return String((0..<length).map { _ in alphabet[Int.random(in: alphabet.indices, using: &random)] })
    }

    static func noBot(_ id: Int64) -> SimulatorError {
        SimulatorError(.notFound, "there is no bot \(id); make it with POST /bots")
    }

    static func noUser(_ id: Int64) -> SimulatorError {
        SimulatorError(.notFound, "there is no user \(id); make it with POST /users")
    }

    static func noChat(_ id: Int64) -> SimulatorError {
        SimulatorError(.notFound, "there is no such chat \(id); make it with POST /chats")
    }

    static func info(_ bot: Bot) -> BotInfo {
        BotInfo(id: bot.id, token: bot.token, username: bot.username, firstName: bot.firstName)
    }

    static func info(_ person: Person) -> UserSpec {
        UserSpec(
            id: person.id, firstName: person.firstName, lastName: person.lastName, username: person.username,
            languageCode: person.languageCode)
    }

    static func info(_ chat: Chat) -> ChatSpec {
        ChatSpec(
            id: chat.id, type: chat.kind, title: chat.title, username: chat.username, bots: chat.bots.keys.sorted())
    }

    /// A bot's queue and webhook.
    func state(of id: Int64) throws(SimulatorError) -> BotState {
        guard let bot = bots[id] else { throw Self.noBot(id) }
        let engine = bot.engine
        let webhook = engine.webhook.map {
            WebhookState(
                url: $0.url, secretToken: $0.secretToken, maxConnections: $0.maxConnections,
                lastErrorDate: engine.lastError?.date, lastErrorMessage: engine.lastError?.message)
        }
        return BotState(
            bot: Self.info(bot), webhook: webhook,
            allowedUpdates: UpdateKind.known.filter(engine.allowedUpdates.contains).map(\.rawValue),
            pending: engine.pendingCount, pendingBytes: engine.bytes, inFlight: engine.inFlight,
            nextUpdateID: engine.nextUpdateID, isPolling: bot.poll != nil, isLoggedOut: bot.isLoggedOut,
            updates: engine.counters)
    }
}
