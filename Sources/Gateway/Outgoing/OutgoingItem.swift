import FoundationEssentials
import JSON
import KafkaClient
import PlatformAPI
import TelegramBotAPI

/// One record of an outgoing topic on its way to the Bot API.
struct OutgoingItem: Sendable {
    let partition: TopicPartition
    let offset: Int64
    /// The record's value as it was, for a dead letter.
    let value: [UInt8]
    /// When the worker made the record, in milliseconds since 1970; `nil` when the broker does not say.
    let madeAt: Int64?
    /// The W3C trace that it belongs to, when its record says so.
    let traceparent: String?
    /// The call; `nil` when the record is not one.
    var envelope: OutgoingEnvelope?
    /// Calls made so far.
    var attempts = 0
    /// When the first call was made since the bot's token was last refused.
    var firstTry: ContinuousClock.Instant?
    /// Its chat was replaced by the supergroup that the chat became.
    var wasRewritten = false

    init(_ message: KafkaMessage) {
        partition = message.topicPartition
        offset = message.offset
        value = message.value ?? []
        traceparent = message.headers.last { $0.0 == OutgoingEnvelope.Header.traceparent }
            .map { String(decoding: $0.1, as: UTF8.self) }.flatMap { TraceParent.isValid($0) ? $0 : nil }
        madeAt = message.timestamp > 0 ? message.timestamp : nil
        envelope = Self.decode(value)
    }

    /// The Bot API method; empty when the record is not a call.
    var method: String { envelope?.method ?? "" }

    /// The id of its trace, for logs.
    var traceID: String? { traceparent.map { String($0.dropFirst(3).prefix(32)) } }

    /// What the record is ordered by. See ``OutgoingOrder``.
    var order: OutgoingOrder { envelope.map(OutgoingOrder.init) ?? .none(offset) }

    /// It may wait for all that is not a broadcast.
    var isBroadcast: Bool { envelope?.priority == .broadcast }

    /// What Telegram's limits count it as.
    var limitedCall: LimitedCall {
        guard let envelope, case .chat(let chat) = order else { return LimitedCall(kind: .uncounted, chat: nil) }
        let items = ["media", "message_ids"].lazy.compactMap { envelope.params[$0]?.arrayValue?.count }.first
        return LimitedCall(method: envelope.method, chat: chat, items: items ?? 1, isBulk: isBroadcast)
    }

    /// Puts another chat into the call.
    mutating func rewrite(chat: Int64) {
        guard case .object(var members)? = envelope?.params else { return }
        members["chat_id"] = .int(chat)
        envelope?.params = .object(members)
        wasRewritten = true
    }

    /// Why the record can never be called for, whatever the Bot API would say; `nil` when it can.
    /// - Parameter binding: the bot that the topic belongs to.
    func problem(for binding: Binding) -> (reason: String, description: String)? {
        guard let envelope else {
            return ("malformed", #"the record is not {"method": "…", "params": {…}}, at the most 64 levels deep"#)
        }
        if let token = envelope.botToken, Self.botNumber(token) != "\(binding.botID.number)" {
            return ("wrong_token", "bot_token is another bot's: leave it out, the gateway knows the bot by the topic")
        }
        if Self.reservedMethods.contains(envelope.method.lowercased()) {
            return (
                "not_allowed", "\(envelope.method) is the operator's business: it would take the bot off the gateway"
            )
        }
        return nil
    }

    /// Methods that decide where a bot's updates go.
    private static let reservedMethods: Set<String> = ["setwebhook", "deletewebhook", "getupdates", "logout", "close"]

    /// Only the number is compared: a worker that still has the token before a rotation is the same bot.
    private static func botNumber(_ token: String) -> Substring {
        token.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
    }

    private static func decode(_ value: [UInt8]) -> OutgoingEnvelope? {
        guard OutgoingEnvelope.isShallow(value),
            case .success(let envelope) = Result(catching: {
                try JSONDecoder().decode(OutgoingEnvelope.self, from: Data(value))
            }), envelope.params.objectValue != nil, !envelope.method.isEmpty,
            envelope.method.utf8.allSatisfy({ ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39) })
        else { return nil }
        return envelope
    }
}
