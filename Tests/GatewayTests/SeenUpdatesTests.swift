@testable import Gateway
import PlatformAPI
import Testing

@Suite struct SeenUpdatesTests {
    private let bot = BotID(number: 42)
    private let start = ContinuousClock.now
    private var seen = SeenUpdates(maximum: 10)

    @Test mutating func whatWasInsertedIsThereAndNothingElse() {
        let ids: [Int64] = [0, 1, 63, 64, 255, 256, 1_000_000_007, .max, -1, .min]
        for id in ids {
            #expect(!seen.contains(id, of: bot))
            seen.insert(id, of: bot, now: start)
        }
        for id in ids {
            #expect(seen.contains(id, of: bot))
            #expect(!seen.contains(id, of: BotID(number: 43)))
        }
        for id in [2, 62, 65, 254, 257, -2] as [Int64] { #expect(!seen.contains(id, of: bot)) }
    }

    @Test mutating func anUpdateIsRememberedFor25HoursAndNotForever() {
        seen.insert(1, of: bot, now: start)
        // Just before the first 25 hours are over: at the next change these go to the older half.
        seen.insert(1000, of: bot, now: start + .seconds(25 * 3600 - 1))
        seen.insert(2000, of: bot, now: start + .seconds(25 * 3600))
        #expect(seen.contains(1, of: bot) && seen.contains(1000, of: bot))
        seen.insert(3000, of: bot, now: start + .seconds(50 * 3600 - 1))
        #expect(seen.contains(1000, of: bot))
        seen.insert(4000, of: bot, now: start + .seconds(50 * 3600 + 1))
        #expect(!seen.contains(1, of: bot) && !seen.contains(1000, of: bot))
        #expect(seen.contains(2000, of: bot) && seen.contains(4000, of: bot))
    }

    @Test mutating func theMemoryIsBounded() {
        for number in Int64(1)...1000 { seen.insert(7, of: BotID(number: number), now: start) }
        #expect(seen.count <= 20)
        // The latest are kept.
        for number in Int64(991)...1000 { #expect(seen.contains(7, of: BotID(number: number))) }
    }

    @Test mutating func updatesThatFollowOneAnotherTakeLittle() {
        for id in Int64(5_000)..<7_000 { seen.insert(id, of: bot, now: start) }
        #expect(seen.count == 9)
    }
}
