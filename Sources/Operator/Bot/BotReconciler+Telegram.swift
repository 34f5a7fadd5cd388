import ControllerRuntime
import FoundationEssentials
import KubernetesTypes
import PlatformAPI
import TelegramBotAPI

extension BotReconciler {
    /// Pauses shorter than this are not worth a write: after a restart they are over.
    private static let shortestKeptPause = Duration.seconds(10)

    /// Makes calls to the Bot API for a step, unless Telegram has said to wait, and minds what their failure means for the
    /// next ones. The pause is kept in the status, so that a restart does not cut it short; another token has none.
    func callingTelegram<Result>(
        _ condition: ConditionType, _ credential: BotCredential, _ work: BotWork, _ body: () async throws -> Result
    ) async throws -> Result {
        try checkPause(condition, credential, work)
        do {
            let result = try await WorkerSlot.waiting(body)
            work.status.telegram = nil
            return result
        } catch let error as TelegramError {
            if error.isTokenRefused {
                memory.update(work.bot.key) { $0.verified = nil }
                pause(for: settings.resyncInterval * 0.8, credential, work)
                throw TokenPlan.rejected(work.bot)
            }
            if let delay = error.retryAfter { pause(for: delay, credential, work) }
            throw error
        }
    }

    private func checkPause(_ condition: ConditionType, _ credential: BotCredential, _ work: BotWork) throws {
        let kept = work.status.telegram.flatMap { TelegramPause($0) }
        guard let pause = memory[work.bot.key].pause ?? kept, pause.fingerprint == credential.fingerprint else {
            return
        }
        let left = pause.until.timeIntervalSince(Date())
        guard left > 0 else { return }
        if work.conditions[.tokenValid]?.reason == TokenPlan.rejectedReason { throw TokenPlan.rejected(work.bot) }
        throw StepFailure(
            condition, "TelegramRateLimited",
            "Telegram asked to be left alone until \(pause.until.formatted(.iso8601)): it goes on then by itself",
            retry: .after(.seconds(left)))
    }

    private func pause(for delay: Duration, _ credential: BotCredential, _ work: BotWork) {
        let pause = TelegramPause(
            fingerprint: credential.fingerprint, until: Date().addingTimeInterval(delay / .seconds(1)))
        memory.update(work.bot.key) { $0.pause = pause }
        guard delay >= Self.shortestKeptPause else { return }
        work.status.telegram = TelegramBotStatus.Telegram(
            retryAt: pause.until.formatted(.iso8601), tokenHash: pause.fingerprint)
    }
}

/// Until when a token is not used for calls.
struct TelegramPause: Sendable, Equatable {
    let fingerprint: String
    let until: Date

    init(fingerprint: String, until: Date) {
        self.fingerprint = fingerprint
        self.until = until
    }

    /// As the status keeps it; `nil` when it cannot be read.
    init?(_ status: TelegramBotStatus.Telegram) {
        guard case .success(let until) = Result(catching: { try Date(status.retryAt, strategy: .iso8601) })
        else { return nil }
        self.init(fingerprint: status.tokenHash, until: until)
    }
}
