/// How a POST to a webhook ended.
enum DeliveryOutcome: Sendable, Equatable {
    /// Any 2xx.
    case acknowledged
    /// Anything else. `status` and `retryAfter` (seconds) where there was an answer.
    case failed(message: String, status: Int?, retryAfter: Int?)
}
