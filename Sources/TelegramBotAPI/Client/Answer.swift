/// A successful answer of the Bot API.
struct Answer<Result: Decodable & Sendable>: Decodable, Sendable {
    let result: Result
    /// What Telegram says beside the result, as `setWebhook` does.
    let description: String?
}
