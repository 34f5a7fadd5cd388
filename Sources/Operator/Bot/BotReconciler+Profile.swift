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

    /// Whether Telegram is to be asked: the wish is new, the last try failed long enough ago, or it is time to look.
    private func isDue(_ sync: ProfileSync, _ key: ObjectKey, _ work: BotWork) -> Bool {
        var last = memory[key].profile
        if last == nil, let first = firstLook(sync, work) {
            memory.update(key) { $0.profile = first }
            last = first
        }
        guard let last, last.hash == sync.hash else { return true }
        guard last.drifted.isEmpty || work.bot.spec.effectiveDriftPolicy == .report else { return true }
        if let notBefore = last.notBefore {
            guard notBefore > clock.now else { return true }
            work.lookAgain(in: notBefore - clock.now)
        } else if !sync.isApplied || clock.now - last.checkedAt > settings.resyncInterval * 0.8 {
            return true
        }
        for name in last.drifted { work.note(.drifted, name) }
        repeatCondition(work)
        return false
    }

    /// After a restart: what was settled, or refused for this very spec, is looked at again at a time drawn over the
    /// interval, so that not all bots come at once. What somebody else has changed is looked at now, to be told again.
    private func firstLook(_ sync: ProfileSync, _ work: BotWork) -> BotMemory.Profile? {
        guard let condition = work.conditions[.profileSynced] else { return nil }
        let age = settings.resyncInterval * Double.random(in: 0...0.5)
        if sync.isApplied, condition.status == .true {
            return BotMemory.Profile(hash: sync.hash, checkedAt: clock.now - age)
        }
        guard condition.reason == Self.refused, condition.observedGeneration == work.bot.metadata.generation else {
            return nil
        }
        return BotMemory.Profile(hash: sync.hash, checkedAt: clock.now, notBefore: clock.now + age)
    }

    /// The condition as it was, of the present generation.
    private func repeatCondition(_ work: BotWork) {
        guard let condition = work.conditions[.profileSynced] else { return }
        work.conditions.set(.profileSynced, condition.status, condition.reason, condition.message)
    }

    // MARK: What came of it

    private static let refused = "ProfileRefused"
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
            record.notBefore = clock.now + settings.resyncInterval * 0.8
            set(
                work, Self.refused,
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

/// The profile of one bot while it is being synced. Used by one task.
private final class ProfileSync {
    /// Why no more calls are made.
    enum Stop {
        case rateLimited(seconds: Int, String)
        case unavailable(String)
    }

    let wish: ProfileWish
    let hash: String
    let known: TelegramBotStatus.Profile?
    /// The wish was given to Telegram before: what differs was changed by somebody else.
    let isApplied: Bool
    var appliedHash: String?
    var managed: Set<ProfileKey>
    var observed: [ProfileKey: ProfileValue] = [:]
    var stop: Stop?
    /// What Telegram does not take, each with its words.
    var refusals: [String] = []
    var repaired: [String] = []
    var drifted: [String] = []

    init(wish: ProfileWish, hash: String, known: TelegramBotStatus.Profile?, managed: Set<ProfileKey>) {
        self.wish = wish
        self.hash = hash
        self.known = known
        self.managed = managed
        isApplied = known?.appliedHash == hash
        appliedHash = known?.appliedHash
        if wish.values[.defaultName] == nil { self.managed.remove(.defaultName) }
    }

    /// Takes the outcome of a call.
    func finish(_ call: ProfilePlan.Call, isDone: Bool) {
        if call.isRelease {
            if stop == nil { managed.remove(call.key) }
        } else if isDone {
            managed.insert(call.key)
            if isApplied { repaired.append("profile \(call.key)") }
        }
    }
}

extension TelegramClient {
    /// What Telegram has for a part of a profile.
    fileprivate func read(
        _ key: ProfileKey, token: BotToken, timeout: Duration
    ) async throws(TelegramError) -> ProfileValue {
        switch key {
        case .text(.name, let language):
            return .cleaned(try await getMyName(language: language.orNil, token: token, timeout: timeout))
        case .text(.description, let language):
            return .cleaned(try await getMyDescription(language: language.orNil, token: token, timeout: timeout))
        case .text(.shortDescription, let language):
            return .cleaned(try await getMyShortDescription(language: language.orNil, token: token, timeout: timeout))
        case .commands(let scope, let language):
            return .cleaned(
                try await getMyCommands(scope: scope, language: language.orNil, token: token, timeout: timeout))
        case .menuButton: return .cleaned(try await getChatMenuButton(token: token, timeout: timeout))
        }
    }

    /// Gives Telegram a part of a profile.
    fileprivate func write(
        _ call: ProfilePlan.Call, token: BotToken, timeout: Duration
    ) async throws(TelegramError) {
        switch (call.key, call.value) {
        case (.text(.name, let language), .text(let text)):
            try await setMyName(text, language: language.orNil, token: token, timeout: timeout)
        case (.text(.description, let language), .text(let text)):
            try await setMyDescription(text, language: language.orNil, token: token, timeout: timeout)
        case (.text(.shortDescription, let language), .text(let text)):
            try await setMyShortDescription(text, language: language.orNil, token: token, timeout: timeout)
        case (.commands(let scope, let language), .commands(let commands)) where commands.isEmpty:
            try await deleteMyCommands(scope: scope, language: language.orNil, token: token, timeout: timeout)
        case (.commands(let scope, let language), .commands(let commands)):
            try await setMyCommands(
                commands, scope: scope, language: language.orNil, token: token, timeout: timeout)
        case (.menuButton, .menuButton(let button)):
            try await setChatMenuButton(button, token: token, timeout: timeout)
        case (.text, _), (.commands, _), (.menuButton, _): break
        }
    }
}

extension String {
    fileprivate var orNil: String? { isEmpty ? nil : self }
}
