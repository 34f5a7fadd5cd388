import FoundationEssentials
package import PlatformAPI
package import TelegramBotAPI

/// An update on its way in, however it came.
package struct IncomingUpdate: Sendable {
    /// The bot it is for.
    package let binding: Binding
    /// As Telegram wrote it, byte for byte.
    package let body: [UInt8]
    package let fields: UpdateFields
    /// The W3C trace it belongs to.
    package let traceparent: String
    /// Milliseconds since 1970.
    package let receivedAt: Int64

    /// - Parameter traceparent: the sender's; a new one is made when it is missing or malformed.
    package init(
        binding: Binding, body: [UInt8], fields: UpdateFields, traceparent: String? = nil,
        receivedAt: Int64 = Int64(Date().timeIntervalSince1970 * 1000)
    ) {
        self.binding = binding
        self.body = body
        self.fields = fields
        self.traceparent = TraceParent.from(traceparent)
        self.receivedAt = receivedAt
    }
}
