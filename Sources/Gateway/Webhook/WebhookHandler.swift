import Concurrency
import Cryptography
package import HTTPServer
import HTTPTypes
package import Observability
import PlatformAPI
import TelegramBotAPI
package import Tracing

/// Takes Telegram's webhooks in: checks the secret, puts the update on the bot's topic, and answers 200 only once the
/// broker has acknowledged it. An update that is refused with 503 stays with Telegram, which sends it again.
package struct WebhookHandler: Sendable {
    private let directory: BindingDirectory
    private let retryAfterSeconds: Int
    private let metrics: GatewayMetrics
    private let logger: Logger
    private let intake: UpdateIntake
    private let accessLog: AccessLog?
    private let tracer: Tracer

    package init(
        directory: BindingDirectory, retryAfterSeconds: Int, metrics: GatewayMetrics, logger: Logger,
        intake: UpdateIntake, accessLog: AccessLog? = nil, tracer: Tracer = .off
    ) {
        self.accessLog = accessLog
        self.tracer = tracer
        self.directory = directory
        self.retryAfterSeconds = retryAfterSeconds
        self.metrics = metrics
        self.logger = logger
        self.intake = intake
    }

    /// - Parameter bot: the last part of the path: "bot_123".
    package func handle(_ request: HTTPServerRequest, bot: String) async -> HTTPServerResponse {
        let start = ContinuousClock.now
        let given = request.headers["traceparent"]
        let span = tracer.start("webhook", .server, parent: given)
        let traceparent = span?.context.traceparent ?? TraceParent.from(given)
        let (result, fields) = await answer(request, bot: bot, traceparent: traceparent)
        let latency = ContinuousClock.now - start
        metrics.webhookDuration.observe(latency)
        metrics.webhooks.increment([result.label])
        let response = response(to: result)
        tracer.end(
            span, isError: response.status.rawValue >= 500,
            [
                ("http.request.method", "POST"), ("http.route", "/webhook/:bot"),
                ("http.response.status_code", .int(Int64(response.status.rawValue))),
                ("telegram.bot_id", .string(result.isKnownBot ? bot : "")), ("tgs.result", .string(result.label)),
            ])
        accessLog?.write(
            "webhook", result: result.label, isError: result.isError, traceparent: traceparent, latency: latency,
            Self.fields(result, bot, fields, traceparent))
        return response
    }

    /// What the log tells of a request, beside what it tells of all. What is no bot's id may be anything.
    private static func fields(
        _ result: Result, _ bot: String, _ fields: UpdateFields?, _ traceparent: String
    ) -> [String: LogValue] {
        var all: [String: LogValue] = [:]
        if result.isKnownBot { all["bot_id"] = .string(bot) }
        if let fields {
            all["update_id"] = .int(Int(fields.updateID))
            all["kind"] = .string(fields.kind.rawValue)
            if let user = fields.userID { all["telegram_user_id"] = .int(Int(user)) }
        }
        // The request has no id of its own: it is what its trace's is.
        all["request_id"] = SpanContext(traceparent: traceparent).map { .string($0.traceID) }
        return all
    }

    private func response(to result: Result) -> HTTPServerResponse {
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

        var isKnownBot: Bool { if case .unknownBot = self { false } else { true } }

        var isError: Bool {
            switch self {
            case .accepted, .duplicate: false
            default: true
            }
        }

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

    private func answer(
        _ request: HTTPServerRequest, bot: String, traceparent: String
    ) async -> (Result, UpdateFields?) {
        guard let botID = BotID(bot), let binding = directory.binding(botID) else { return (.unknownBot, nil) }
        guard Self.isAuthentic(request.headers["X-Telegram-Bot-Api-Secret-Token"], binding.webhookSecrets) else {
            logger.debug(
                "webhook with a wrong secret", ["bot_id": .string(bot), "remote": .string(request.remoteAddress)])
            return (.wrongSecret, nil)
        }
        guard binding.intake == .accept else { return (.suspended, nil) }
        let fields: UpdateFields
        do {
            fields = try UpdateFields.scan(request.body)
        } catch  where error.isRetriable {
            return (.unavailable, nil)
        } catch {
            logger.warning(
                "webhook body is not an Update",
                [
                    "bot_id": .string(bot), "bytes": .int(request.body.count), "error": .string("\(error)"),
                ])
            return (.notAnUpdate, nil)
        }
        let update = IncomingUpdate(
            binding: binding, body: request.body, fields: fields, traceparent: traceparent)
        let result: Result =
            switch await intake.take(update) {
            case .accepted: .accepted
            case .duplicate: .duplicate
            case .tooLarge: .tooLarge
            case .unavailable: .unavailable
            }
        return (result, fields)
    }

    /// Compares with every accepted secret, whether or not one has matched already.
    static func isAuthentic(_ given: String?, _ accepted: [String]) -> Bool {
        guard let given else { return false }
        let bytes = Array(given.utf8)
        return accepted.reduce(false) { ConstantTime.equal(bytes, Array($1.utf8)) || $0 }
    }
}
