import Concurrency
import Cryptography
package import HTTPServer
import HTTPTypes
package import Observability
import PlatformAPI
import TelegramBotAPI

/// Takes Telegram's webhooks in: checks the secret, puts the update on the bot's topic, and answers 200 only once the
/// broker has acknowledged it. An update that is refused with 503 stays with Telegram, which sends it again.
package struct WebhookHandler: Sendable {
    private let directory: BindingDirectory
    private let retryAfterSeconds: Int
    private let metrics: GatewayMetrics
    private let logger: Logger
    private let intake: UpdateIntake

    package init(
        directory: BindingDirectory, retryAfterSeconds: Int, metrics: GatewayMetrics, logger: Logger,
        intake: UpdateIntake
    ) {
        self.directory = directory
        self.retryAfterSeconds = retryAfterSeconds
        self.metrics = metrics
        self.logger = logger
        self.intake = intake
    }

    /// - Parameter bot: the last part of the path: "bot_123".
    package func handle(_ request: HTTPServerRequest, bot: String) async -> HTTPServerResponse {
        let start = ContinuousClock.now
        let result = await answer(request, bot: bot)
        metrics.webhookDuration.observe(ContinuousClock.now - start)
        metrics.webhooks.increment([result.label])
        switch result {
        case .accepted, .duplicate: return .text(.ok, "ok")
        case .unknownBot: return .text(.notFound, "no such bot")
        case .wrongSecret: return .text(.unauthorized, "wrong secret token")
        // Sending it again would not help, so Telegram is told that all is well.
        case .notAnUpdate: return .text(.ok, "not an update")
        case .tooLarge: return .text(.payloadTooLarge, "the update is larger than the broker takes")
        case .unavailable: return Self.again(after: retryAfterSeconds, "try again later")
        case .suspended: return Self.again(after: Self.suspendedRetrySeconds, "the bot is suspended")
        }
    }

    private static func again(after seconds: Int, _ why: String) -> HTTPServerResponse {
        var response = HTTPServerResponse.text(.serviceUnavailable, why)
        response.headers["Retry-After"] = "\(seconds)"
        return response
    }

    /// How soon Telegram tries again to deliver to a bot that is suspended, and so how soon it hears of the bot's return.
    private static let suspendedRetrySeconds = 30

    private enum Result {
        case accepted, duplicate, unknownBot, wrongSecret, suspended, notAnUpdate, tooLarge, unavailable

        var label: String {
            switch self {
            case .accepted: "accepted"
            case .duplicate: "duplicate"
            case .unknownBot: "unknown_bot"
            case .wrongSecret: "wrong_secret"
            case .suspended: "suspended"
            case .notAnUpdate: "not_an_update"
            case .tooLarge: "too_large"
            case .unavailable: "unavailable"
            }
        }
    }

    private func answer(_ request: HTTPServerRequest, bot: String) async -> Result {
        guard let botID = BotID(bot), let binding = directory.binding(botID) else { return .unknownBot }
        guard Self.isAuthentic(request.headers["X-Telegram-Bot-Api-Secret-Token"], binding.webhookSecrets) else {
            logger.debug(
                "webhook with a wrong secret", ["bot_id": .string(bot), "remote": .string(request.remoteAddress)])
            return .wrongSecret
        }
        guard binding.intake == .accept else { return .suspended }
        let fields: UpdateFields
        do {
            fields = try UpdateFields.scan(request.body)
        } catch  where error.isRetriable {
            return .unavailable
        } catch {
            logger.warning(
                "webhook body is not an Update",
                [
                    "bot_id": .string(bot), "bytes": .int(request.body.count), "error": .string("\(error)"),
                ])
            return .notAnUpdate
        }
        let update = IncomingUpdate(
            binding: binding, body: request.body, fields: fields, traceparent: request.headers["traceparent"])
        return switch await intake.take(update) {
        case .accepted: .accepted
        case .duplicate: .duplicate
        case .tooLarge: .tooLarge
        case .unavailable: .unavailable
        }
    }

    /// Compares with every accepted secret, whether or not one has matched already.
    static func isAuthentic(_ given: String?, _ accepted: [String]) -> Bool {
        guard let given else { return false }
        let bytes = Array(given.utf8)
        return accepted.reduce(false) { ConstantTime.equal(bytes, Array($1.utf8)) || $0 }
    }
}
