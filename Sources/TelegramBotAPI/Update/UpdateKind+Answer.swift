extension UpdateKind {
    /// For how long there is any use in answering an update of the kind, from when Telegram made it; `nil`: for as long as one
    /// likes. Telegram's own server keeps queries for so long and then forgets them, undelivered or not; what is sent to a
    /// forgotten one is refused. (For some it takes an answer for a shorter time: a payment's last check within 10 s.)
    package var timeToAnswer: Duration? {
        switch self {
        case .inlineQuery: .seconds(30)
        case .callbackQuery, .shippingQuery, .preCheckoutQuery: .seconds(150)
        default: nil
        }
    }
}
