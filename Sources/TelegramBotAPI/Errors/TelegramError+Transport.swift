import HTTPClient

extension TelegramError {
    /// Translates a request without a (whole) answer: when it may have arrived and its method makes something, nobody
    /// knows the outcome.
    static func withoutAnswer(_ error: HTTPClientError, method: String) -> TelegramError {
        let mayHaveHappened = error.requestWasSent && !RetryClass.of(method).isSafeToRepeat
        let said = "\(method): \(error.message)"
        switch error.code {
        case .invalidURL, .invalidRequest, .invalidConfiguration: return TelegramError(.invalidRequest, said)
        case _ where mayHaveHappened:
            return TelegramError(.outcomeUnknown, "\(said); it may have been carried out all the same")
        case .cancelled: return TelegramError(.cancelled, said)
        case .bodyTooLarge, .invalidResponse: return TelegramError(.malformedAnswer, said)
        default: return TelegramError(.transport, said)
        }
    }
}
