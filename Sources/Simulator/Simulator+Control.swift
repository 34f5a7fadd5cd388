extension Simulator {
    /// Makes a bot; what the specification leaves out is chosen.
    @discardableResult package func createBot(_ spec: BotSpec = BotSpec()) throws(SimulatorError) -> BotInfo {
        try controls.createBot(spec)
    }

    /// Takes a bot away; its token is unknown from now on.
    package func deleteBot(_ id: Int64) throws(SimulatorError) { try controls.deleteBot(id) }

    /// Gives a bot a new token; the old one is unknown from now on.
    @discardableResult package func revokeToken(of id: Int64) throws(SimulatorError) -> BotInfo {
        try controls.revokeToken(of: id)
    }

    /// All bots by their ids.
    package func bots() -> [BotInfo] { controls.bots() }

    /// A bot's webhook and queue.
    package func state(of bot: Int64) throws(SimulatorError) -> BotState { try controls.state(of: bot) }

    /// Makes a user.
    @discardableResult package func createUser(_ spec: UserSpec = UserSpec()) throws(SimulatorError) -> UserSpec {
        try controls.createUser(spec)
    }

    /// Makes a group or channel.
    @discardableResult package func createChat(_ spec: ChatSpec) throws(SimulatorError) -> ChatSpec {
        try controls.createChat(spec)
    }

    /// Makes a supergroup of a group; gives the new one.
    @discardableResult package func migrate(chat: Int64) throws(SimulatorError) -> ChatSpec {
        try controls.migrate(chat: chat)
    }

    /// Puts a bot into a group or channel, or takes it out.
    package func setMembership(_ status: BotMembership, bot: Int64, chat: Int64) throws(SimulatorError) {
        try controls.setMembership(status, bot: bot, chat: chat)
    }

    /// Lets a user block a bot.
    package func block(bot: Int64, user: Int64) throws(SimulatorError) { try controls.block(bot: bot, user: user) }

    /// Lets a user unblock a bot.
    package func unblock(bot: Int64, user: Int64) throws(SimulatorError) { try controls.unblock(bot: bot, user: user) }

    /// Lets a user write; a receipt for each bot that sees it.
    @discardableResult package func write(_ spec: MessageSpec) throws(SimulatorError) -> [UpdateReceipt] {
        try controls.write([spec])
    }

    /// Lets users write, all at once.
    @discardableResult package func write(_ specs: [MessageSpec]) throws(SimulatorError) -> [UpdateReceipt] {
        try controls.write(specs)
    }

    /// Lets a user press a button.
    @discardableResult package func press(_ spec: CallbackSpec) throws(SimulatorError) -> UpdateReceipt {
        try controls.press(spec)
    }

    /// Gives a bot an Update as it is, but for its number unless `keepsID`.
    @discardableResult package func inject(
        _ update: [UInt8], bot: Int64, keepsID: Bool = false
    ) throws(SimulatorError) -> UpdateReceipt {
        try controls.inject(update, bot: bot, keepsID: keepsID)
    }

    /// Many messages at once; how many were taken.
    @discardableResult package func load(_ spec: LoadSpec) throws(SimulatorError) -> Int { try controls.load(spec) }

    /// What bots called, oldest first.
    package func calls(_ filter: RecordFilter = RecordFilter(), limit: Int = 1000) -> [RecordedCall] {
        controls.calls(filter, limit: limit)
    }

    /// What bots called, once there are `count` such calls or the time has passed; then those there are.
    package func calls(_ filter: RecordFilter, count: Int, within timeout: Duration) async -> [RecordedCall] {
        await controls.calls(filter, count: count, within: timeout)
    }

    /// How often each bot called each method.
    package func counts() -> [CallCount] { controls.counts() }

    /// Forgets what bots called.
    package func clearCalls() throws(SimulatorError) { try controls.clearCalls() }

    /// The faults that are set.
    package func faults() -> [Fault] { controls.faults() }

    /// Sets a fault.
    @discardableResult package func addFault(_ spec: FaultSpec) throws(SimulatorError) -> Fault {
        try controls.addFault(spec)
    }

    /// Takes a fault away.
    package func removeFault(_ id: Int) throws(SimulatorError) { try controls.removeFault(id) }

    /// Takes all faults away.
    package func removeFaults() throws(SimulatorError) { try controls.removeFaults() }

    /// Forgets bots, users, chats, calls and faults.
    package func reset() throws(SimulatorError) { try controls.reset() }
}
