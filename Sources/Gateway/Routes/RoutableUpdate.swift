import FoundationEssentials
import TelegramBotAPI

/// What routes look at of an update, and what an answer to it needs.
struct RoutableUpdate: Sendable, Equatable {
    /// What the user has done.
    enum Content: Sendable, Equatable {
        /// A command, in lower case and without its slash; `mention` is the bot it is for, in lower case; `arguments` is what
        /// stands behind.
        case command(String, mention: String?, arguments: String?)
        case text(String)
        /// A pressed button: its data up to the first colon, and behind it.
        case action(String, target: String?)
    }

    /// Where an answer goes.
    struct Place: Sendable, Equatable {
        /// `nil` for a button of an inline message in a chat that the bot does not know.
        var chatID: Int64?
        /// The message that was written, or that the button stands on.
        var messageID: Int64?
        /// The topic of a forum.
        var threadID: Int64?
        /// Of the inline message that the button stands on.
        var inlineMessageID: String?
        /// Of the pressed button, which shows a clock until this is answered.
        var callbackID: String?
    }

    var content: Content
    var userID: Int64
    var place: Place

    init(content: Content, userID: Int64, place: Place) {
        self.content = content
        self.userID = userID
        self.place = place
    }

    /// `nil` when it is nothing that routes are for: no text message, and no button with data.
    init?(_ body: [UInt8], kind: UpdateKind) {
        guard let update = Update(body, kind) else { return nil }
        if let message = update.message, let text = message.text, let user = message.from {
            self.init(content: Self.content(text), userID: user.id, place: message.place)
        } else if let query = update.callbackQuery, let data = query.data {
            let action = data.prefix { $0 != ":" }
            let target = action.endIndex < data.endIndex ? String(data[action.endIndex...].dropFirst()) : nil
            self.init(content: .action(String(action), target: target), userID: query.from.id, place: query.place)
        } else {
            return nil
        }
    }

    /// Where an answer to a message of any sort, or to a pressed button, goes. `nil` for all else, and for a message that tells of
    /// a payment: nobody must miss one.
    static func place(_ body: [UInt8], kind: UpdateKind) -> Place? {
        guard let update = Update(body, kind) else { return nil }
        if let message = update.message { return message.isPayment ? nil : message.place }
        return update.callbackQuery?.place
    }

    /// A command is a slash with 1 to 32 letters, digits and underlines, perhaps the bot's name behind an @, and then the end
    /// or white space.
    private static func content(_ text: String) -> Content {
        guard text.first == "/" else { return .text(text) }
        let word = text.dropFirst().prefix { !$0.isWhitespace }
        let parts = word.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, (1...32).contains(name.utf8.count), name.utf8.allSatisfy(isNameByte) else {
            return .text(text)
        }
        let rest = text[word.endIndex...].drop { $0.isWhitespace }
        return .command(
            name.lowercased(), mention: parts.count > 1 ? parts[1].lowercased() : nil,
            arguments: rest.isEmpty ? nil : String(rest))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private struct Update: Decodable {
        let message: Message?
        let callbackQuery: CallbackQuery?

        private enum CodingKeys: String, CodingKey {
            case message
            case callbackQuery = "callback_query"
        }

        init?(_ body: [UInt8], _ kind: UpdateKind) {
            guard kind == .message || kind == .callbackQuery,
                case .success(let update) = Result(catching: { try JSONDecoder().decode(Self.self, from: Data(body)) })
            else { return nil }
            self = update
        }
    }

    private struct Message: Decodable {
        let messageID: Int64
        let chat: Account
        let from: Account?
        let text: String?
        let threadID: Int64?
        let isTopicMessage: Bool?
        let successfulPayment: Anything?
        let refundedPayment: Anything?

        /// In groups without topics `message_thread_id` is something else: an answer there must not name it.
        var topic: Int64? { isTopicMessage == true ? threadID : nil }
        var place: Place { Place(chatID: chat.id, messageID: messageID, threadID: topic) }
        var isPayment: Bool { successfulPayment != nil || refundedPayment != nil }

        private enum CodingKeys: String, CodingKey {
            case chat, from, text
            case successfulPayment = "successful_payment"
            case refundedPayment = "refunded_payment"
            case messageID = "message_id"
            case threadID = "message_thread_id"
            case isTopicMessage = "is_topic_message"
        }
    }

    private struct CallbackQuery: Decodable {
        let id: String
        let from: Account
        let data: String?
        let message: Message?
        let inlineMessageID: String?

        var place: Place {
            Place(
                chatID: message?.chat.id, messageID: message?.messageID, threadID: message?.topic,
                inlineMessageID: inlineMessageID, callbackID: id)
        }

        private enum CodingKeys: String, CodingKey {
            case id, from, data, message
            case inlineMessageID = "inline_message_id"
        }
    }

    private struct Account: Decodable { let id: Int64 }

    private struct Anything: Decodable { init(from decoder: any Decoder) {} }
}
