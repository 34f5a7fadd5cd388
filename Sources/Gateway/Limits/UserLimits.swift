import Observability
import PlatformAPI
import RedisClient
import TelegramBotAPI

/// How much each user may ask of a bot: what is beyond is not passed on, and the user is told so once a window.
///
/// It counts messages and pressed buttons. All else is passed on: a payment, or a change of members, must not be missed.
struct UserLimits: Sendable {
    private let redis: GatewayRedis?
    private let answers: RouteAnswers
    private let metrics: UserLimitMetrics
    private let missing: MissingRedis

    init(redis: GatewayRedis?, answers: RouteAnswers, metrics: UserLimitMetrics, missing: MissingRedis) {
        self.redis = redis
        self.answers = answers
        self.metrics = metrics
        self.missing = missing
    }

    /// What became of an update; `nil`: it is passed on.
    func take(_ update: IncomingUpdate) async -> IntakeResult? {
        let (bot, kind) = (update.binding.botID, update.fields.kind)
        guard let limit = update.binding.rateLimit, kind == .message || kind == .callbackQuery,
            let user = update.fields.userID
        else { return nil }
        guard let redis else {
            missing.tell("a bot has a rate limit", bot)
            return nil
        }
        let verdict: UserBucket.Verdict
        do {
            verdict = try await UserBucket.take(redis, limit, user: user, update: update.fields.updateID, of: bot)
        } catch {
            metrics.failures.increment()
            return nil
        }
        guard verdict != .admitted, let place = RoutableUpdate.place(update.body, kind: kind) else { return nil }
        if verdict == .firstRefused {
            let requestID = RouteRequest.id(of: update.fields.updateID, for: bot)
            let calls = RouteFormatter.calls(saying: limit.message, to: place, requestID: requestID)
            guard await answers.send(calls, for: update) else { return .unavailable }
        }
        metrics.refused.increment()
        return .accepted
    }
}
