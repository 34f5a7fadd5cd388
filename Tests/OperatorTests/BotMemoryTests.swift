import Testing

@testable import Operator

@Suite struct BotMemoryTests {
    @Test func aBotThatFallsAsleepRightAfterItsWakeIsWokenAgain() {
        var entry = BotMemory.Entry()
        let now = ContinuousClock.now
        #expect(entry.mayWake(at: now))
        // The watch is behind: the workers are not seen yet.
        #expect(!entry.mayWake(at: now + .seconds(1)))
        entry.sawWorkers()
        #expect(entry.mayWake(at: now + .seconds(2)))
        // They never came.
        #expect(!entry.mayWake(at: now + .seconds(3)))
        #expect(entry.mayWake(at: now + .seconds(8)))
    }
}
