import PlatformAPI
import Testing

@testable import Operator

@Suite struct WakeTurnsTests {
    private var turns = WakeTurns()
    private let bot = BotID(number: 1)

    @Test mutating func signalsThatComeMeanwhileAreActedOnOnce() {
        let other = turns.begin(BotID(number: 2), isFresh: true)
        let first = turns.begin(bot, isFresh: false)
        #expect(other && first)
        let meanwhile = [true, false].map { turns.begin(bot, isFresh: $0) }
        #expect(meanwhile == [false, false])
        // One of them was fresh.
        let ends = [turns.end(bot), turns.end(bot)]
        #expect(ends == [true, nil])
        let again = turns.begin(bot, isFresh: false)
        #expect(again)
        let last = turns.end(bot)
        #expect(last == nil)
    }
}
