import Concurrency
import FoundationEssentials
import JSON
import Observability
import PlatformAPI

/// The bot, for the answers to one update.
///
/// Calls go to the bot's outgoing topic; the gateway makes them, keeps to Telegram's limits and tries again what can be
/// tried again. So a call has no result here; ``request(method:params:)`` has it told on the bot's results topic. What Telegram refuses in the end is on the bot's dead-letter topic.
public struct Bot: Sendable {
    /// `bot_<number>`.
    public let id: String
    /// The bot's token, for calls of the Bot API whose result is needed. Never log it.
    public var token: String { secret.value }
    private let secret: Sensitive<String>
    /// The Bot API server for such calls, without a slash at its end.
    public let apiBaseURL: String
    private let outbox: Outbox
    private let update: Update
    private let sent = Locked(0)

    init(_ configuration: Worker.Configuration, outbox: Outbox, update: Update) {
        id = configuration.botID
        secret = Sensitive(configuration.botToken)
        apiBaseURL = configuration.telegramAPIBaseURL
        self.outbox = outbox
        self.update = update
    }

    /// Sends a message to the chat of `update`. A text that is longer than Telegram takes goes as several messages, cut
    /// between words.
    /// - Throws: ``WorkerError``: ``WorkerError/Code/noChat``, ``WorkerError/Code/emptyText``, and those of
    ///   ``send(method:params:)``.
    public func reply(to update: Update, _ text: String) async throws {
        guard let chat = update.chatID else {
            throw WorkerError(.noChat, "update \(update.id) (\(update.kind)) belongs to no chat to reply to")
        }
        let parts = MessageText.parts(of: text)
        guard !parts.isEmpty else {
            throw WorkerError(.emptyText, "the reply to update \(update.id) has no text")
        }
        for part in parts {
            try await send(method: "sendMessage", params: ["chat_id": .int(chat), "text": .string(part)])
        }
    }

    /// Has a method of the Bot API called: `send(method: "sendChatAction", params: ["chat_id": 42, "action": "typing"])`.
    ///
    /// Returns when Kafka has it for good, and waits while Kafka cannot be reached.
    /// - Throws: ``WorkerError``: ``WorkerError/Code/answerRefused`` when it is too large;
    ///   `CancellationError` at the end of the worker's grace period.
    public func send(method: String, params: [String: Parameter] = [:]) async throws {
        _ = try await send(method, params.mapValues(\.json))
    }

    /// As ``send(method:params:)``, and asks for the call's result: it will be on the bot's results topic
    /// (``Worker/Configuration/resultsTopic``), in a record whose key is the id that is returned here.
    public func request(method: String, params: [String: Parameter] = [:]) async throws -> String {
        try await send(method, params.mapValues(\.json), wantsResult: true)
    }

    /// As the other one, for parameters of a type of your own: it must encode to a JSON object.
    public func send<Params: Encodable>(method: String, params: Params) async throws {
        let object: [String: JSONValue]
        do {
            object = try JSONDecoder().decode([String: JSONValue].self, from: JSONEncoder().encode(params))
        } catch {
            throw WorkerError(.malformedCall, "the parameters of \(method) (\(Params.self)) are no JSON object")
        }
        _ = try await send(method, object)
    }

    /// - Returns: the request's id.
    private func send(
        _ method: String, _ params: [String: JSONValue], wantsResult: Bool? = nil
    ) async throws -> String {
        let number = sent.withLock { sent in
            sent += 1
            return sent
        }
        // The same when the update is handled again, so that logs and dead letters show that it is.
        let id = "\(update.id)-\(number)"
        let envelope = OutgoingEnvelope(
            method: method, params: .object(params), requestID: id, wantsResult: wantsResult)
        try await outbox.send(
            envelope, key: Self.key(params["chat_id"]) ?? "\(update.chatID ?? update.userID ?? update.id)",
            traceparent: update.traceparent)
        return id
    }

    /// The chat of a call: a number, or a channel's @name.
    private static func key(_ chat: JSONValue?) -> String? { chat?.intValue.map { "\($0)" } ?? chat?.stringValue }
}
