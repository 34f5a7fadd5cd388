import Concurrency
import PlatformAPI

/// How many calls of each bot are under way.
final class CallCounts: Sendable {
    private let counts = Locked<[BotID: Int]>([:])
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Counts one more; false when there are as many as may be.
    func enter(_ bot: BotID) -> Bool {
        counts.withLock { counts in
            guard counts[bot, default: 0] < limit else { return false }
            counts[bot, default: 0] += 1
            return true
        }
    }

    /// One has ended.
    func leave(_ bot: BotID) {
        counts.withLock { counts in
            guard let count = counts[bot] else { return }
            counts[bot] = count > 1 ? count - 1 : nil
        }
    }
}
