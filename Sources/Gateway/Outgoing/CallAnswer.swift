import TelegramBotAPI

/// How one Bot API call ended.
struct CallAnswer: Sendable {
    /// What went wrong; `nil`: nothing.
    var failure: TelegramError?
    /// The Bot API's `result`, byte for byte, where it was asked for.
    var result: [UInt8]?
}
