import KubernetesTypes
import PlatformAPI

/// When Telegram is asked about a bot's profile. Pure.
enum ProfileSchedule {
    enum Decision: Sendable, Equatable {
        /// Now.
        case look
        /// Not now; with some later reconcile.
        case rest
        /// Not now, but after so long.
        case wait(Duration)
    }

    /// The reason of a profile that Telegram does not take.
    static let refused = "ProfileRefused"
    /// The part of the resync interval that must have passed before what is known is old.
    static let patience = 0.8

    /// - Parameters:
    ///   - hash: of the present wish.
    ///   - isApplied: Telegram was given all of it once.
    ///   - last: what came of the last look; `nil` when there was none.
    ///   - interval: between two looks at a profile that is well.
    static func decide(
        hash: String, isApplied: Bool, last: BotMemory.Profile?, policy: TelegramBotSpec.DriftPolicy,
        now: ContinuousClock.Instant, interval: Duration
    ) -> Decision {
        guard let last, last.hash == hash else { return .look }
        if !last.drifted.isEmpty, policy == .repair { return .look }
        if let notBefore = last.notBefore { return notBefore > now ? .wait(notBefore - now) : .look }
        return isApplied && now - last.checkedAt <= interval * patience ? .rest : .look
    }

    /// What is taken for the last look after a restart of the operator: what was settled, or refused for this very spec, is
    /// looked at again at a time of its own, so that not all bots come at once. `nil` for the rest, which is looked at now:
    /// what failed for another reason, and what somebody else has changed, so that it is told again.
    /// - Parameters:
    ///   - condition: `ProfileSynced` as the status has it.
    ///   - generation: of the present spec.
    ///   - spread: random, below the interval between two looks.
    static func afterRestart(
        hash: String, isApplied: Bool, condition: Condition, generation: Int64?, now: ContinuousClock.Instant,
        spread: Duration
    ) -> BotMemory.Profile? {
        if isApplied, condition.status == .true { return BotMemory.Profile(hash: hash, checkedAt: now - spread) }
        guard condition.reason == refused, condition.observedGeneration == generation else { return nil }
        return BotMemory.Profile(hash: hash, checkedAt: now, notBefore: now + spread)
    }
}
