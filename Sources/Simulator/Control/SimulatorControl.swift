/// What the control API offers, for the same process: ``Simulator`` has it all as methods of its own.
struct SimulatorControl: Sendable {
    let core: SimulatorCore

    func bots() -> [BotInfo] {
        look { $0.bots.values.map(World.info).sorted { $0.id < $1.id } }
    }

    func state(of bot: Int64) throws(SimulatorError) -> BotState {
        try core.look { world throws(SimulatorError) in try world.state(of: bot) }
    }

    func createBot(_ spec: BotSpec) throws(SimulatorError) -> BotInfo {
        try core.change { world, _, _ throws(SimulatorError) in try world.createBot(spec) }
    }

    func deleteBot(_ id: Int64) throws(SimulatorError) {
        try core.change { world, _, actions throws(SimulatorError) in try world.deleteBot(id, &actions) }
    }

    func revokeToken(of id: Int64) throws(SimulatorError) -> BotInfo {
        try core.change { world, _, _ throws(SimulatorError) in try world.revokeToken(id) }
    }

    func createUser(_ spec: UserSpec) throws(SimulatorError) -> UserSpec {
        try core.change { world, _, _ throws(SimulatorError) in try world.createUser(spec) }
    }

    func block(bot: Int64, user: Int64) throws(SimulatorError) {
        try core.change { world, now, actions throws(SimulatorError) in
            try world.setBlocked(true, bot: bot, user: user, now, &actions)
        }
    }

    func unblock(bot: Int64, user: Int64) throws(SimulatorError) {
        try core.change { world, now, actions throws(SimulatorError) in
            try world.setBlocked(false, bot: bot, user: user, now, &actions)
        }
    }

    func createChat(_ spec: ChatSpec) throws(SimulatorError) -> ChatSpec {
        try core.change { world, _, _ throws(SimulatorError) in try world.createChat(spec) }
    }

    func migrate(chat: Int64) throws(SimulatorError) -> ChatSpec {
        try core.change { world, _, _ throws(SimulatorError) in try world.migrate(chat) }
    }

    func setMembership(_ status: BotMembership, bot: Int64, chat: Int64) throws(SimulatorError) {
        try core.change { world, _, _ throws(SimulatorError) in
            try world.setMembership(status, bot: bot, chat: chat)
        }
    }

    func write(_ specs: [MessageSpec]) throws(SimulatorError) -> [UpdateReceipt] {
        try core.change { world, now, actions throws(SimulatorError) in
            var receipts: [UpdateReceipt] = []
            for spec in specs { receipts += try world.write(spec, now, &actions) }
            return receipts
        }
    }

    func press(_ spec: CallbackSpec) throws(SimulatorError) -> UpdateReceipt {
        try core.change { world, now, actions throws(SimulatorError) in try world.press(spec, now, &actions) }
    }

    func inject(_ update: [UInt8], bot: Int64, keepsID: Bool) throws(SimulatorError) -> UpdateReceipt {
        try core.change { world, now, actions throws(SimulatorError) in
            try world.inject(update, bot: bot, keepsID: keepsID, now, &actions)
        }
    }

    func load(_ spec: LoadSpec) throws(SimulatorError) -> Int {
        // In portions, so that calls and deliveries go on meanwhile.
        var accepted = 0
        var start = 0
        repeat {
            let numbers = start..<max(start, min(start + 200, spec.messages))
            accepted += try core.change { world, now, actions throws(SimulatorError) in
                try world.load(spec, numbers, now, &actions)
            }
            start = numbers.upperBound
        } while start < spec.messages
        return accepted
    }

    func calls(_ filter: RecordFilter, limit: Int) -> [RecordedCall] {
        look { $0.record.select(filter, limit: limit) }
    }

    func calls(_ filter: RecordFilter, count: Int, within timeout: Duration) async -> [RecordedCall] {
        await core.calls(filter, count: count, within: timeout)
    }

    func counts() -> [CallCount] {
        look { $0.record.counts.values.sorted { ($0.bot, $0.method) < ($1.bot, $1.method) } }
    }

    func clearCalls() throws(SimulatorError) {
        try core.change { world, _, _ throws(SimulatorError) in world.record.clear() }
    }

    func faults() -> [Fault] { look { $0.faults.faults } }

    func addFault(_ spec: FaultSpec) throws(SimulatorError) -> Fault {
        try core.change { world, _, _ throws(SimulatorError) in try world.faults.add(spec) }
    }

    func removeFault(_ id: Int) throws(SimulatorError) {
        try core.change { world, _, _ throws(SimulatorError) in try world.faults.remove(id) }
    }

    func removeFaults() throws(SimulatorError) {
        try core.change { world, _, _ throws(SimulatorError) in world.faults.removeAll() }
    }

    func reset() throws(SimulatorError) {
        try core.change { world, _, actions throws(SimulatorError) in world.reset(&actions) }
    }

    private func look<Result: Sendable>(_ body: (World) -> Result) -> Result { core.view(body) }
}
