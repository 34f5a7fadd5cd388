import Concurrency
import Cryptography
import FoundationEssentials
package import HTTPServer
import HTTPTypes
package import KafkaClient
package import Observability
package import PlatformAPI
import TelegramBotAPI

/// Takes Telegram's webhooks in: checks the secret, puts the update on the bot's topic, and answers 200 only once the
/// broker has acknowledged it. An update that is refused with 503 stays with Telegram, which sends it again.
package struct WebhookHandler: Sendable {
    /// Puts a record on its topic and returns when the broker has acknowledged it.
    package typealias Produce = @Sendable (KafkaRecord) async throws -> Void

    private let directory: BindingDirectory
    private let retryAfterSeconds: Int
    private let metrics: GatewayMetrics
    private let logger: Logger
    private let produce: Produce
    private let wake: @Sendable (BotID) -> Void

    /// - Parameter wake: called with each bot that has got an update; must not hold up.
    package init(
        directory: BindingDirectory, retryAfterSeconds: Int, metrics: GatewayMetrics, logger: Logger,
        produce: @escaping Produce, wake: @escaping @Sendable (BotID) -> Void = { _ in }
    ) {
        self.wake = wake
        self.directory = directory
        self.retryAfterSeconds = retryAfterSeconds
        self.metrics = metrics
        self.logger = logger
        self.produce = produce
    }

    /// - Parameter bot: the last part of the path: "bot_123".
    package func handle(_ request: HTTPServerRequest, bot: String) async -> HTTPServerResponse {
        let start = ContinuousClock.now
        let result = await answer(request, bot: bot)
        metrics.webhookDuration.observe(ContinuousClock.now - start)
        metrics.webhooks.increment([result.label])
        switch result {
        case .accepted: return .text(.ok, "ok")
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
        case accepted, unknownBot, wrongSecret, suspended, notAnUpdate, tooLarge, unavailable

        var label: String {
            switch self {
            case .accepted: "accepted"
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
        do {
            try await produce(Self.record(binding, fields, request))
            wake(botID)
            return .accepted
        } catch let error as KafkaError where error.code == .recordTooLarge {
            logger.warning(
                "an update is larger than the broker takes: raise max.message.bytes of its topic",
                ["bot_id": .string(bot), "bytes": .int(request.body.count)])
            return .tooLarge
        } catch {
            logger.debug(
                "update was not acknowledged by the broker",
                ["bot_id": .string(bot), "update_id": .int(Int(fields.updateID)), "error": .string("\(error)")])
            return .unavailable
        }
    }

    /// Compares with every accepted secret, whether or not one has matched already.
    static func isAuthentic(_ given: String?, _ accepted: [String]) -> Bool {
        guard let given else { return false }
        let bytes = Array(given.utf8)
        return accepted.reduce(false) { ConstantTime.equal(bytes, Array($1.utf8)) || $0 }
    }

    /// The record for an update: keyed so that a chat's updates stay in order, the update byte for byte.
    static func record(_ binding: Binding, _ fields: UpdateFields, _ request: HTTPServerRequest) -> KafkaRecord {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        return KafkaRecord(
            topic: binding.incomingTopic, key: Array("\(fields.queueKey)".utf8),
            value: IncomingEnvelope.encode(botID: binding.botID, update: request.body),
            headers: [
                (IncomingEnvelope.Header.updateID, Array("\(fields.updateID)".utf8)),
                (IncomingEnvelope.Header.receivedAt, Array("\(now)".utf8)),
                (
                    IncomingEnvelope.Header.traceparent,
                    Array(TraceParent.from(request.headers["traceparent"]).utf8)
                ),
            ])
    }
}
