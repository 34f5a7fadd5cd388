import PlatformAPI

/// Which bots are being woken: each by one task, however many signals there are. Pure.
struct WakeTurns: Sendable {
    /// The value: whether a signal came meanwhile, and a fresh one.
    private var bots: [BotID: Bool?] = [:]

    /// A signal has come. Answers whether it is to be acted on now; else it is when the one before has been, see
    /// ``end(_:)``.
    mutating func begin(_ bot: BotID, isFresh: Bool) -> Bool {
        guard let again = bots[bot] else {
            bots.updateValue(nil, forKey: bot)
            return true
        }
        bots.updateValue(isFresh || again == true, forKey: bot)
        return false
    }

    /// A signal has been acted on. Answers whether another one that came meanwhile is fresh; `nil`: there was none.
    mutating func end(_ bot: BotID) -> Bool? {
        guard let again = bots.removeValue(forKey: bot), let again else { return nil }
        bots.updateValue(nil, forKey: bot)
        return again
    }
}
