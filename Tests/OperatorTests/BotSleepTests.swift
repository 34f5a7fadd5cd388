import Testing

@testable import Operator

@Suite struct BotSleepTests {
    private let start = ContinuousClock.now

    @Test func aBotThatSleepsSinceBeforeTheOperatorIsNotLookedAt() {
        var sleep = BotSleep()
        #expect(sleep.noteAsleep(generation: 7, at: start) == nil)
        #expect(sleep.noteAsleep(generation: 7, at: start + .seconds(1)) == nil)
    }

    /// However often something else makes it be looked at meanwhile: the last look comes when no signal can be missing.
    @Test func aSleepIsLookedAtUntilSignalsAreHeardOfAgain() {
        var sleep = BotSleep()
        sleep.noteAwake(generation: 1)
        #expect(sleep.noteAsleep(generation: 2, at: start) == BotSleep.lookTime)
        #expect(
            sleep.noteAsleep(generation: 2, at: start + .milliseconds(500)) == BotSleep.lookTime - .milliseconds(500))
        #expect(sleep.noteAsleep(generation: 2, at: start + BotSleep.lookTime) == .zero)
        // The look has failed: it is due still.
        #expect(sleep.noteAsleep(generation: 2, at: start + .seconds(60)) == .zero)
        sleep.endLooks()
        #expect(sleep.noteAsleep(generation: 2, at: start + .seconds(60)) == nil)
        sleep.noteAwake(generation: 3)
        #expect(sleep.noteAsleep(generation: 4, at: start + .seconds(90)) == BotSleep.lookTime)
    }

    @Test func aBotIsWokenOnceForEachSleep() {
        var sleep = BotSleep()
        sleep.noteAwake(generation: 1)
        _ = sleep.noteAsleep(generation: 2, at: start)
        #expect(sleep.beginWake(generation: 2, at: start) == nil)
        // The watch is behind: the workers are not seen yet.
        #expect(sleep.beginWake(generation: 2, at: start + .seconds(1)) == BotSleep.settleTime - .seconds(1))
        // They never came.
        #expect(sleep.beginWake(generation: 2, at: start + .seconds(6)) == nil)
        sleep.cancelWake()
        #expect(sleep.beginWake(generation: 2, at: start + .seconds(6)) == nil)
    }

    /// Put to sleep again within milliseconds: both changes of its replicas are seen as one.
    @Test func aBotThatSleepsAgainBeforeItWasSeenAwakeIsWokenAgain() {
        var sleep = BotSleep()
        sleep.noteAwake(generation: 1)
        _ = sleep.noteAsleep(generation: 2, at: start)
        #expect(sleep.beginWake(generation: 2, at: start) == nil)
        sleep.endLooks()
        #expect(sleep.noteAsleep(generation: 4, at: start + .seconds(1)) == BotSleep.lookTime)
        #expect(sleep.beginWake(generation: 4, at: start + .seconds(1)) == nil)
    }
}
