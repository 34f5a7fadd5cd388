import KubernetesTypes
import PlatformAPI
import Testing

@testable import Operator

@Suite struct ProfileScheduleTests {
    private let now = ContinuousClock.now
    private let interval = Duration.seconds(100)

    private func decide(
        _ last: BotMemory.Profile?, hash: String = "h", isApplied: Bool = true,
        policy: TelegramBotSpec.DriftPolicy = .repair
    ) -> ProfileSchedule.Decision {
        ProfileSchedule.decide(
            hash: hash, isApplied: isApplied, last: last, policy: policy, now: now, interval: interval)
    }

    private func last(_ age: Duration, _ change: (inout BotMemory.Profile) -> Void = { _ in }) -> BotMemory.Profile {
        var last = BotMemory.Profile(hash: "h", checkedAt: now - age)
        change(&last)
        return last
    }

    @Test func aNewWishIsLookedAtNow() {
        #expect(decide(nil) == .look)
        #expect(decide(nil, isApplied: false) == .look)
        #expect(decide(last(.seconds(1)), hash: "other") == .look)
        #expect(decide(last(.seconds(1)) { $0.notBefore = now + .seconds(9) }, hash: "other") == .look)
        #expect(decide(last(.seconds(1)), isApplied: false) == .look)
    }

    @Test func whatIsWellIsLookedAtNowAndThen() {
        #expect(decide(last(.seconds(1))) == .rest)
        #expect(decide(last(.seconds(80))) == .rest)
        #expect(decide(last(.seconds(81))) == .look)
    }

    @Test func whatFailedWaits() {
        for isApplied in [true, false] {
            let waiting = last(.seconds(1)) { $0.notBefore = now + .seconds(9) }
            #expect(decide(waiting, isApplied: isApplied) == .wait(.seconds(9)))
            let over = last(.seconds(10)) { $0.notBefore = now }
            #expect(decide(over, isApplied: isApplied) == .look)
        }
    }

    @Test func driftIsPutRightAtOnceWhenThePolicySaysSo() {
        let drifted = last(.seconds(1)) { $0.drifted = ["profile name"] }
        #expect(decide(drifted, policy: .report) == .rest)
        #expect(decide(drifted, policy: .repair) == .look)
    }

    @Test func aRestartSpreadsWhatCanWait() {
        func after(_ status: Condition.Status, _ reason: String, isApplied: Bool, generation: Int64 = 3) -> String {
            let condition = Condition(
                type: "ProfileSynced", status: status, reason: reason, message: "", observedGeneration: 3,
                lastTransitionTime: "")
            let first = ProfileSchedule.afterRestart(
                hash: "h", isApplied: isApplied, condition: condition, generation: generation, now: now,
                spread: .seconds(30))
            return "\(decide(first, isApplied: isApplied))"
        }
        #expect(after(.true, "ProfileSynced", isApplied: true) == "rest")
        #expect(after(.true, "ProfileSynced", isApplied: false) == "look")
        #expect(after(.false, "ProfileDrifted", isApplied: true) == "look")
        #expect(after(.false, "ProfileRefused", isApplied: false) == "wait(30.0 seconds)")
        #expect(after(.false, "ProfileRefused", isApplied: false, generation: 4) == "look")
        #expect(after(.false, "ProfileRateLimited", isApplied: false) == "look")
    }
}
