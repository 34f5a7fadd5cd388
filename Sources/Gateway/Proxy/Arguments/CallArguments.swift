import FoundationEssentials
import HTTPServer
import JSON
import TelegramBotAPI

/// Arguments of a Bot API call, as far as the gateway needs them. They come by query, form, JSON or multipart; the query's
/// go before the body's, and the first of several counts.
struct CallArguments: Sendable, Equatable {
    /// What the gateway looks for.
    static let names: Set<String> = ["chat_id", "media", "message_ids", "offset", "limit", "timeout"]

    private var values: [String: String] = [:]

    /// - Parameters:
    ///   - body: the body or its beginning.
    ///   - isWhole: the body has no more than that.
    init(query: [(name: String, value: String)], contentType: String, body: [UInt8], isWhole: Bool) {
        add(query)
        let type = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        switch type {
        case "application/x-www-form-urlencoded":
            // Behind the last "&" a value may go on.
            let end = isWhole ? body.endIndex : (body.lastIndex(of: UInt8(ascii: "&")) ?? 0)
            add(FormFields.parse(body[..<end]))
        case "multipart/form-data": add(MultipartFields.parse(body, contentType: contentType))
        case "application/json":
            for (name, value) in JSONMembers.find(Self.names, in: body[...]) where values[name] == nil {
                values[name] = Self.text(value)
            }
        default: break
        }
    }

    /// The text of an argument; of one that is JSON the JSON's.
    subscript(_ name: String) -> String? { values[name] }

    /// A whole number.
    func int(_ name: String) -> Int64? { values[name].flatMap { Int64($0) } }

    /// The chat's number or "@name".
    var chat: String? {
        guard let chat = values["chat_id"], !chat.isEmpty, chat.utf8.count <= Self.longestChat else { return nil }
        return chat
    }

    /// Messages that the call makes: those of an album, or those that are copied or forwarded at once.
    var items: Int {
        for name in ["media", "message_ids"] {
            if let count = values[name].flatMap({ JSONMembers.count(Array($0.utf8)[...]) }) {
                return min(max(count, 1), Self.mostItems)
            }
        }
        return 1
    }

    /// What Telegram's limits count the call as.
    func limitedCall(_ method: String) -> LimitedCall {
        LimitedCall(method: method, chat: chat, items: items)
    }

    private static let longestChat = 64
    private static let mostItems = 100

    private mutating func add(_ fields: [(name: String, value: String)]) {
        for field in fields where Self.names.contains(field.name) && values[field.name] == nil {
            values[field.name] = field.value
        }
    }

    private static func text(_ value: ArraySlice<UInt8>) -> String? {
        guard value.first == UInt8(ascii: "\"") else { return String(decoding: value, as: UTF8.self) }
        guard value.contains(UInt8(ascii: "\\")) else {
            return String(decoding: value.dropFirst().dropLast(), as: UTF8.self)
        }
        do {
            return try JSONDecoder().decode(String.self, from: Data(value))
        } catch {
            return nil
        }
    }
}
