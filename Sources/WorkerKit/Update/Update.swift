public import FoundationEssentials
import JSON
import PlatformAPI

/// Something that happened: a message, a pressed button, a member who came. Telegram's `Update`.
public struct Update: Sendable {
    /// Telegram's number of the update.
    public let id: Int64
    /// Telegram's name of what happened: "message", "callback_query", "my_chat_member". Empty when the update says
    /// nothing but its number.
    public let kind: String
    /// The chat it happened in; `nil` for inline queries, payments and polls.
    public let chatID: Int64?
    /// Who did it; `nil` for channel posts and anonymous people.
    public let userID: Int64?
    /// The message's number in its chat; of a pressed button: of the message that it stands on.
    public let messageID: Int64?
    /// The text of a message.
    public let text: String?
    /// The text beneath a message's photo or file.
    public let caption: String?
    /// The command with which a message's text begins, without its slash and in small letters: "start" of
    /// "/start@example_bot now".
    public let command: String?
    /// The text behind the command: "now" of "/start now". Empty without one, `nil` without a command.
    public let commandArguments: String?
    /// The id with which to answer a pressed button (`answerCallbackQuery`).
    public let callbackQueryID: String?
    /// What stands behind a pressed button.
    public let callbackData: String?
    /// From when on Telegram takes no answer to it any more, by the platform's clock; `nil` for what is no query. Queries expire:
    /// inline ones after 30 seconds, pressed buttons and those about payments after 150.
    public let expiresAt: Date?
    /// The W3C trace that the update belongs to, as a `traceparent`. Answers carry it on by themselves.
    public let traceparent: String?
    /// The update as Telegram sent it, byte for byte.
    public let json: [UInt8]

    /// - Parameter json: one object as Telegram sends it.
    /// - Throws: ``WorkerError`` when it is none, or has no `update_id`.
    public init(json: [UInt8]) throws(WorkerError) {
        let fields: UpdateBody
        do {
            fields = try JSONDecoder().decode(UpdateBody.self, from: Data(json))
        } catch {
            // The decoder's own words could quote the message.
            throw WorkerError(.malformedUpdate, "the update is no object with an update_id")
        }
        self.init(fields, json: json, expiresAt: nil, traceparent: nil)
    }

    /// Reads the value of a record of the incoming topic.
    init(
        envelope: [UInt8], expiresAt: Date? = nil, traceparent: String? = nil
    ) throws(WorkerError) {
        let decoded: IncomingEnvelope.Decoded<UpdateBody>
        do {
            decoded = try JSONDecoder().decode(IncomingEnvelope.Decoded<UpdateBody>.self, from: Data(envelope))
        } catch {
            throw WorkerError(.malformedUpdate, "the record is no envelope with an update in it")
        }
        guard let json = JSONMembers.find("update", in: envelope[...]) else {
            throw WorkerError(.malformedUpdate, "the record's envelope has no plain member \"update\"")
        }
        self.init(decoded.update, json: Array(json), expiresAt: expiresAt, traceparent: traceparent)
    }

    private init(_ fields: UpdateBody, json: [UInt8], expiresAt: Date?, traceparent: String?) {
        self.expiresAt = expiresAt
        self.traceparent = traceparent
        id = fields.updateID
        kind = fields.kind
        let content = fields.content
        let isCallback = fields.kind == "callback_query"
        chatID = content?.chatID
        userID = content?.userID
        messageID = content?.messageID ?? content?.message?.messageID
        text = content?.text
        caption = content?.caption
        let command = CommandText(content?.text ?? "")
        self.command = command?.name
        commandArguments = command?.arguments
        callbackQueryID = isCallback ? content?.id : nil
        callbackData = isCallback ? content?.data : nil
        self.json = json
    }

    /// Whether it is a query that it is too late to answer.
    public var isExpired: Bool { expiresAt.map { $0 <= Date() } ?? false }

    /// The update as a type of your own, for all that has no property here.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(json))
    }
}
