import FoundationEssentials
package import PlatformAPI
package import TelegramBotAPI

/// An update on its way in, however it came.
package struct IncomingUpdate: Sendable {
    /// The bot it is for.
    package var binding: Binding { bot.binding }
    private let bot: CarriedBot
    /// As Telegram wrote it, byte for byte.
    package let body: [UInt8]
    package let fields: UpdateFields
    /// The W3C trace it belongs to.
    package let traceparent: String
    /// Milliseconds since 1970.
    package let receivedAt: Int64

    /// - Parameter traceparent: a valid one, see ``TraceParent``; a new one when there is none.
    package init(
        bot: CarriedBot, body: [UInt8], fields: UpdateFields, traceparent: String? = nil,
        receivedAt: Int64 = Int64(Date().timeIntervalSince1970 * 1000)
    ) {
        self.bot = bot
        self.body = body
        self.fields = fields
        self.traceparent = traceparent ?? TraceParent.from(nil)
        self.receivedAt = receivedAt
    }

    /// One of a bot that is not known by its ``CarriedBot``.
    package init(
        binding: Binding, body: [UInt8], fields: UpdateFields, traceparent: String? = nil,
        receivedAt: Int64 = Int64(Date().timeIntervalSince1970 * 1000)
    ) {
        self.init(
            bot: CarriedBot(binding), body: body, fields: fields, traceparent: traceparent, receivedAt: receivedAt)
    }
}
