import JSON
import PlatformAPI

/// What outgoing calls are ordered by: those with the same value are made one after another, others side by side.
enum OutgoingOrder: Hashable, Sendable {
    /// A chat's id, as a number or an `@name`.
    case chat(String)
    /// Something else that the call is about: an inline message, a query, a user.
    case subject(String, String)
    /// A call about the bot itself: after the ones of the same method before it.
    case method(String)
    /// After nothing: a record that is no call.
    case none(Int64)

    /// Parameters that name what a call is about, the most telling first.
    private static let subjects = [
        "inline_message_id", "callback_query_id", "inline_query_id", "shipping_query_id", "pre_checkout_query_id",
        "web_app_query_id", "user_id",
    ]

    init(_ envelope: OutgoingEnvelope) {
        if let chat = Self.text(envelope.params["chat_id"]) {
            self = .chat(chat)
            return
        }
        for name in Self.subjects {
            if let value = Self.text(envelope.params[name]) {
                self = .subject(name, value)
                return
            }
        }
        self = .method(envelope.method.lowercased())
    }

    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .int(let number): "\(number)"
        case .string(let text): text
        default: nil
        }
    }
}
