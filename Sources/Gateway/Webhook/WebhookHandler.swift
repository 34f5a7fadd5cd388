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
    private let logger: Logger
    private let intake: UpdateIntake
    private let accessLog: AccessLog?
    private let tracer: Tracer
    /// By ``Result``'s raw value.
    private let counts: [Counter.Series]
    private let duration: Histogram.Series

    package init(
        directory: BindingDirectory, retryAfterSeconds: Int, metrics: GatewayMetrics, logger: Logger,
        intake: UpdateIntake, accessLog: AccessLog? = nil, tracer: Tracer = .off
    ) {
        self.accessLog = accessLog
        self.tracer = tracer
        self.directory = directory
        self.retryAfterSeconds = retryAfterSeconds
        self.logger = logger
        self.intake = intake
        counts = Result.allCases.map { metrics.webhooks.series([$0.label]) }
        duration = metrics.webhookDuration.series()
    }

    /// As ``handle(_:bot:_:)``, waiting for the answer.
    package func handle(_ request: HTTPServerRequest, bot: String) async -> HTTPServerResponse {
        await withCheckedContinuation { continuation in
            handle(request, bot: bot) { continuation.resume(returning: $0) }
        }
    }

    /// - Parameters:
    ///   - bot: the last part of the path: "bot_123".
    ///   - answer: called once, at once or when the broker has the update.
    package func handle(
        _ request: HTTPServerRequest, bot: String, _ answer: @escaping @Sendable (HTTPServerResponse) -> Void
    ) {
        let start = ContinuousClock.now
        let given = request.headers["traceparent"]
        let span = tracer.start("webhook", .server, parent: given)
        let traceparent = span?.context.traceparent ?? TraceParent.from(given)
        let finish: @Sendable (Result, UpdateFields?) -> Void = { result, fields in
            let latency = ContinuousClock.now - start
            duration.observe(latency)
            counts[result.rawValue].increment()
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
            answer(response)
        }
        let (carried, refusal) = admit(request, bot: bot)
        guard let carried else { return finish(refusal ?? .unknownBot, nil) }
        let fields: UpdateFields
        do {
            fields = try UpdateFields.scan(request.body)
        } catch {
            return finish(self.refusal(of: request.body, bot, error), nil)
        }
        let update = IncomingUpdate(bot: carried, body: request.body, fields: fields, traceparent: traceparent)
        intake.take(update) { finish(Result($0), fields) }
    }

    /// The answer to a request that is known to be refused by its head; `nil`: its body must be seen.
    func refusal(ofHead request: HTTPServerRequest) -> HTTPServerResponse? {
        let prefix = "/webhook/"
        guard request.method == .post, request.path.hasPrefix(prefix) else { return nil }
        let refused = admit(request, bot: String(request.path.dropFirst(prefix.count))).refusal
        guard let refused else { return nil }
        counts[refused.rawValue].increment()
        return response(to: refused)
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
        case .accepted, .duplicate: return Self.ok
        case .unknownBot: return Self.unknownBot
        case .wrongSecret: return Self.wrongSecret
        // Sending it again would not help, so Telegram is told that all is well.
        case .notAnUpdate: return .text(.ok, "not an update")
        case .tooLarge: return .text(.payloadTooLarge, "the update is larger than the broker takes")
        case .unavailable: return Self.again(after: retryAfterSeconds, "try again later")
        case .suspended: return Self.again(after: Self.suspendedRetrySeconds, "the bot is suspended")
        }
    }

    private static let ok = HTTPServerResponse.text(.ok, "ok").kept()
    private static let unknownBot = HTTPServerResponse.text(.notFound, "no such bot").kept()
    private static let wrongSecret = HTTPServerResponse.text(.unauthorized, "wrong secret token").kept()

    private static func again(after seconds: Int, _ why: String) -> HTTPServerResponse {
        var response = HTTPServerResponse.text(.serviceUnavailable, why)
        response.headers["Retry-After"] = "\(seconds)"
        return response
    }

    /// How soon Telegram tries again to deliver to a bot that is suspended, and so how soon it hears of the bot's return.
    private static let suspendedRetrySeconds = 30

    private enum Result: Int, CaseIterable {
        case accepted, duplicate, unknownBot, wrongSecret, suspended, notAnUpdate, tooLarge, unavailable

        init(_ result: IntakeResult) {
            self =
                switch result {
                case .accepted: .accepted
                case .duplicate: .duplicate
                case .tooLarge: .tooLarge
                case .unavailable: .unavailable
                }
        }

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

    /// The bot that a request is for, or why it is refused.
    private func admit(_ request: HTTPServerRequest, bot: String) -> (bot: CarriedBot?, refusal: Result?) {
        guard let botID = BotID(bot), let carried = directory.carried(botID) else { return (nil, .unknownBot) }
        let given = request.headers["X-Telegram-Bot-Api-Secret-Token"]
        guard Self.isAuthentic(given, carried.binding.webhookSecrets) else {
            logger.debug(
                "webhook with a wrong secret", ["bot_id": .string(bot), "remote": .string(request.remoteAddress)])
            return (nil, .wrongSecret)
        }
        return carried.binding.intake == .accept ? (carried, nil) : (nil, .suspended)
    }

    private func refusal(of body: [UInt8], _ bot: String, _ error: UpdateScanError) -> Result {
        if error.isRetriable { return .unavailable }
        logger.warning(
            "webhook body is not an Update",
            ["bot_id": .string(bot), "bytes": .int(body.count), "error": .string("\(error)")])
        return .notAnUpdate
    }

    /// Compares with every accepted secret, whether or not one has matched already.
    static func isAuthentic(_ given: String?, _ accepted: [String]) -> Bool {
        guard let given else { return false }
        let bytes = Array(given.utf8)
        return accepted.reduce(false) { ConstantTime.equal(bytes, Array($1.utf8)) || $0 }
    }
}
