import Concurrency
import PlatformAPI

/// How many updates may be with services at the same time, of one bot and of all: what is beyond stays with Telegram.
final class RouteAdmission: Sendable {
    private struct State: Sendable {
        var total = 0
        var byBot: [BotID: Int] = [:]
    }

    private let state = Locked(State())
    private let perBot: Int
    private let total: Int

    init(perBot: Int, total: Int) {
        self.perBot = perBot
        self.total = total
    }

    /// How many there are now.
    var count: Int { state.withLock { $0.total } }

    /// Whether there is room for one more; if so, call ``leave(_:)`` at its end.
    func enter(_ bot: BotID) -> Bool {
        state.withLock { state in
            let mine = state.byBot[bot, default: 0]
            guard mine < perBot, state.total < total else { return false }
            state.byBot[bot] = mine + 1
            state.total += 1
            return true
        }
    }

    func leave(_ bot: BotID) {
        state.withLock { state in
            state.total -= 1
            let mine = state.byBot[bot, default: 1] - 1
            state.byBot[bot] = mine == 0 ? nil : mine
        }
    }
}
