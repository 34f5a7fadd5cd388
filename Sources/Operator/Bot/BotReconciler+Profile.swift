import Concurrency
import ControllerRuntime
import FoundationEssentials
import KubernetesTypes
import Observability
import PlatformAPI
import TelegramBotAPI

extension BotReconciler {
    /// Brings the bot's profile at Telegram to what the spec says, and looks now and then whether it still is. Telegram
    /// limits these methods harder than any others, so they are called for a difference only. Trouble with the profile is
    /// said in the condition `ProfileSynced` and holds nothing else up; only a token that is refused is thrown.
    func syncProfile(_ context: WorkerContext, _ work: BotWork) async throws {
        let wish = ProfileWish(context.bot.spec.profile)
        let known = work.status.profile
        let managed = Set((known?.managed ?? []).compactMap { ProfileKey($0) })
        let sync = ProfileSync(
            wish: wish, hash: wish.hash(server: context.gateway.spec.apiBaseURL), known: known, managed: managed)
        guard !wish.values.isEmpty || !managed.isEmpty else { return forgetProfile(context.bot, work) }
        guard !isWaiting(sync, work), isDue(sync, context.bot.key, work) else { return }
        do {
            try await callingTelegram(.profileSynced, context.token, work) {}
        } catch let pause as StepFailure {
            // The whole bot waits. Whether that matters is for the steps to say that need Telegram now.
            guard pause.condition == .profileSynced, case .after(let left) = pause.retry else { throw pause }
            repeatCondition(work)
            return work.lookAgain(in: left)
        }

        let telegram = telegram(context.gateway)
        let token = try BotToken(context.token.token.value)
        let timeout = settings.telegramTimeout
        for key in ProfilePlan.reads(wish) {
            sync.observed[key] = try await attempt(key, sync, context, work) {
                try await telegram.read(key, token: token, timeout: timeout)
            }
        }
        let plan = ProfilePlan(wish: wish, managed: managed, observed: sync.observed)
        let leavesDrift = sync.isApplied && context.bot.spec.effectiveDriftPolicy == .report
        for call in sync.stop == nil ? plan.calls : [] {
            if leavesDrift, !call.isRelease {
                sync.drifted.append("profile \(call.key)")
                continue
            }
            if !sync.isApplied { sync.appliedHash = nil }
            let isDone = try await attempt(call.key, sync, context, work, isRelease: call.isRelease) {
                try await telegram.write(call, token: token, timeout: timeout)
                return true
            }
            sync.finish(call, isDone: isDone == true)
        }
        if sync.stop == nil { sync.managed.formUnion(plan.settled) }
        conclude(sync, context.bot, work)
    }

    /// There is nothing that Telegram should have, and nothing to be taken back.
    private func forgetProfile(_ bot: TelegramBot, _ work: BotWork) {
        work.status.profile = nil
        work.conditions.remove(.profileSynced)
        memory.update(bot.key) { $0.profile = nil }
    }

    // MARK: When

    /// Whether Telegram said to wait, and the time is not over. It is in the status: a restart changes nothing.
    private func isWaiting(_ sync: ProfileSync, _ work: BotWork) -> Bool {
        guard let text = sync.known?.retryAt,
            case .success(let date) = Result(catching: { try Date(text, strategy: .iso8601) })
        else { return false }
        let left = date.timeIntervalSinceNow
        guard left > 0 else { return false }
        work.lookAgain(in: .seconds(left))
        for name in memory[work.bot.key].profile?.drifted ?? [] { work.note(.drifted, name) }
        repeatCondition(work)
        return true
    }

    /// Whether Telegram is to be asked now. If not, what is known is said again.
    private func isDue(_ sync: ProfileSync, _ key: ObjectKey, _ work: BotWork) -> Bool {
        let interval = settings.resyncInterval
        if memory[key].profile == nil, let condition = work.conditions[.profileSynced] {
            let first = ProfileSchedule.afterRestart(
                hash: sync.hash, isApplied: sync.isApplied, condition: condition,
                generation: work.bot.metadata.generation, now: clock.now,
                spread: interval * Double.random(in: 0...0.5))
            memory.update(key) { $0.profile = first }
        }
        let last = memory[key].profile
        let decision = ProfileSchedule.decide(
            hash: sync.hash, isApplied: sync.isApplied, last: last, policy: work.bot.spec.effectiveDriftPolicy,
            now: clock.now, interval: interval)
        switch decision {
        case .look: return true
        case .rest: break
        case .wait(let left): work.lookAgain(in: left)
        }
        for name in last?.drifted ?? [] { work.note(.drifted, name) }
        repeatCondition(work)
        return false
    }

    /// The condition as it was, of the present generation.
    private func repeatCondition(_ work: BotWork) {
        guard let condition = work.conditions[.profileSynced] else { return }
        work.conditions.set(.profileSynced, condition.status, condition.reason, condition.message)
    }

    // MARK: What came of it

    private static let mostRefusalsTold = 5

    /// Makes a call. `nil` when it failed; what to do about it is in `sync` then. After a failure that ends the work no
    /// more calls are made.
    private func attempt<Value: Sendable>(
        _ key: ProfileKey, _ sync: ProfileSync, _ context: WorkerContext, _ work: BotWork, isRelease: Bool = false,
        _ call: () async throws -> Value
    ) async throws -> Value? {
        guard sync.stop == nil else { return nil }
        do {
            return try await call()
        } catch let error as TelegramError {
            if error.isTokenRefused {
                return try await callingTelegram(.tokenValid, context.token, work) { throw error }
            }
            switch error.code {
            case .cancelled: throw CancellationError()
            case .tooManyRequests(let seconds): sync.stop = .rateLimited(seconds: seconds, error.message)
            // What is no longer wished is let go: its chat may be gone.
            case .badRequest where isRelease, .forbidden where isRelease, .chatMigrated where isRelease: break
            case .chatMigrated(let chat): sync.refusals.append("\(key): the group is the chat \(chat) now")
            case .badRequest, .forbidden, .methodNotFound, .payloadTooLarge, .invalidRequest:
                sync.refusals.append("\(key): \(error.apiDescription ?? error.message)")
            case .conflict, .server, .transport, .outcomeUnknown, .malformedAnswer, .malformedToken, .unauthorized,
                .notFound:
                sync.stop = .unavailable(error.message)
            }
            return nil
        }
    }

    /// Writes what came of it into status, condition and memory.
    private func conclude(_ sync: ProfileSync, _ bot: TelegramBot, _ work: BotWork) {
        for name in sync.repaired { work.note(.repaired, name) }
        for name in sync.drifted { work.note(.drifted, name) }
        var status = TelegramBotStatus.Profile(
            appliedHash: sync.appliedHash, managed: sync.managed.sorted().map(\.description))
        var record = BotMemory.Profile(hash: sync.hash, checkedAt: clock.now, drifted: sync.drifted)
        switch sync.stop {
        case .rateLimited(let seconds, let message):
            // A second more: the status has whole seconds.
            let date = Timestamp.seconds(Date(timeIntervalSinceNow: Double(seconds + 1)))
            status.retryAt = date
            record.notBefore = clock.now + .seconds(seconds + 1)
            work.lookAgain(in: .seconds(seconds + 1))
            set(
                work, "ProfileRateLimited",
                "Telegram takes no more changes of the profile for now, it goes on at \(date): \(message)")
        case .unavailable(let message):
            let failures = memory[bot.key].profile?.failures ?? 0
            let delay = Backoff.delay(
                failures: failures, base: settings.retryBase, maximum: settings.retryMaximum)
            record.failures = failures + 1
            record.notBefore = clock.now + delay
            work.lookAgain(in: delay)
            if sync.isApplied {
                // As far as is known all is well.
                repeatCondition(work)
            } else {
                set(work, "TelegramUnavailable", message)
            }
        case nil where !sync.refusals.isEmpty:
            record.notBefore = clock.now + settings.resyncInterval * ProfileSchedule.patience
            set(
                work, ProfileSchedule.refused,
                "Telegram refuses a part of the profile, change it in spec.profile: "
                    + sync.refusals.prefix(Self.mostRefusalsTold).joined(separator: "; "))
        case nil:
            status.appliedHash = sync.hash
            if sync.drifted.isEmpty {
                work.conditions.set(.profileSynced, .true, "ProfileSynced", "Telegram has the profile of the spec")
            } else {
                set(
                    work, "ProfileDrifted",
                    "Somebody else has changed the profile, and spec.driftPolicy leaves it so: "
                        + sync.drifted.joined(separator: ", "))
            }
        }
        guard sync.stop != nil || !sync.wish.values.isEmpty || !sync.managed.isEmpty else {
            return forgetProfile(bot, work)
        }
        work.status.profile = status
        memory.update(bot.key) { $0.profile = record }
    }

    /// Says that something is wrong with the profile: in an Event too, for the bot's owner, when it is news.
    private func set(_ work: BotWork, _ reason: String, _ message: String) {
        if work.conditions[.profileSynced]?.reason != reason {
            events.record(
                regarding: work.bot.reference, type: .warning, reason: reason, action: "Reconcile", note: message)
        }
        work.conditions.set(.profileSynced, .false, reason, message)
    }
}
