import Concurrency
import Gateway
import Observability
import PlatformAPI
import Testing

@Suite struct DuplicateFilterTests {
    /// What other replicas know, and whether they can be asked.
    private final class Others: SharedUpdates {
        let known = Locked<Set<Int64>>([])
        let isAway = Locked(false)

        struct Away: Error {}

        func contains(_ update: Int64, of bot: BotID) async throws -> Bool {
            if isAway.withLock({ $0 }) { throw Away() }
            return known.withLock { $0.contains(update) }
        }

        func insert(_ update: Int64, of bot: BotID) async throws {
            if isAway.withLock({ $0 }) { throw Away() }
            known.withLock { _ = $0.insert(update) }
        }
    }

    private let bot = BotID(number: 42)
    private let metrics = GatewayMetrics(MetricsRegistry())
    private let others = Others()

    @Test func aSafeUpdateIsADuplicateAndAnUnsafeOneIsNot() {
        let filter = DuplicateFilter(metrics: metrics)
        #expect(filter.began(bot, 1) == .new)
        filter.ended(bot, 1, isSafe: false)
        #expect(filter.began(bot, 1) == .new)
        filter.ended(bot, 1, isSafe: true)
        #expect(filter.began(bot, 1) == .duplicate)
        #expect(filter.began(BotID(number: 43), 1) == .new)
    }

    @Test func anUpdateThatIsNotSafeYetIsNotTakenTwice() {
        let filter = DuplicateFilter(metrics: metrics)
        #expect(filter.began(bot, 1) == .new)
        #expect(filter.began(bot, 1) == .underWay)
        filter.ended(bot, 1, isSafe: false)
        #expect(filter.began(bot, 1) == .new)
    }

    @Test func replicasKnowOfOneAnother() async throws {
        let one = DuplicateFilter(shared: others, metrics: metrics)
        let two = DuplicateFilter(shared: others, metrics: metrics)
        #expect(one.began(bot, 1) == .new)
        one.ended(bot, 1, isSafe: true)
        while !others.known.withLock({ $0.contains(1) }) { await Task.yield() }
        #expect(two.began(bot, 1) == .new)
        #expect(await two.isKnownToOthers(bot, 1))
        // From now on it knows by itself.
        others.isAway.withLock { $0 = true }
        #expect(two.began(bot, 1) == .duplicate)
        #expect(metrics.sharedUpdatesFailures.value() == 0)
    }

    @Test func withoutTheOthersItGoesOnAlone() async {
        let filter = DuplicateFilter(shared: others, metrics: metrics)
        others.isAway.withLock { $0 = true }
        #expect(filter.began(bot, 1) == .new)
        #expect(await !filter.isKnownToOthers(bot, 1))
        filter.ended(bot, 1, isSafe: true)
        #expect(filter.began(bot, 1) == .duplicate)
        #expect(metrics.sharedUpdatesFailures.value() >= 1)
    }
}
