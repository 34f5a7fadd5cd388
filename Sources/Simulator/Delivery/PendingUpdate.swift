import TelegramBotAPI

/// An update that nobody has acknowledged yet.
struct PendingUpdate: Sendable {
    let id: Int64
    let kind: UpdateKind
    let queue: UpdateQueueKey
    /// The Update object as it goes out.
    let body: [UInt8]
    /// When it is thrown away, on the simulator's clock.
    let expiresAt: Duration

    /// How long Telegram keeps an update of a kind.
    static func lifetime(of kind: UpdateKind) -> Duration {
        switch kind {
        case .inlineQuery: .seconds(30)
        case .callbackQuery, .shippingQuery, .preCheckoutQuery: .seconds(150)
        case .chosenInlineResult: .seconds(600)
        default: .seconds(24 * 3600)
        }
    }
}
