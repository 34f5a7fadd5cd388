import PlatformAPI

/// The webhook secrets of a binding, and how they are exchanged without an update being refused: first the gateway takes
/// the new one beside the old one, then Telegram is told the new one, then the old one is retired. Pure.
struct WebhookSecrets: Sendable, Equatable {
    /// The present one, then one that is being retired.
    var values: [String]
    /// Of the token that the present one was made for; `nil` in bindings that an older operator wrote.
    var tokenFingerprint: String?
    /// The request that the present one was made for: the value of an annotation, "" without one.
    var request: String?
    /// Since when the present one is that, in seconds since 1970.
    var since: Int64

    /// Why there is a new one, or none.
    enum Step: Sendable, Equatable {
        /// All is as it should be.
        case keep
        /// There is a new present one; the one before is still taken.
        case exchange
        /// The one before is no longer taken.
        case retire
    }

    /// What to do now.
    /// - Parameters:
    ///   - tokenFingerprint: of the token that is in force.
    ///   - request: the value of the annotation that asks for a new secret, "" without one.
    ///   - isTold: whether Telegram was told the present one.
    ///   - now: in seconds since 1970.
    ///   - overlap: for how long the old one is taken beside the new one, in seconds.
    func step(tokenFingerprint: String, request: String, isTold: Bool, now: Int64, overlap: Int64) -> Step {
        if (self.tokenFingerprint ?? tokenFingerprint) != tokenFingerprint || (self.request ?? request) != request {
            return .exchange
        }
        return values.count > 1 && isTold && now - since >= overlap ? .retire : .keep
    }

    /// What to do now for a bot.
    /// - Parameter told: the settings last given to Telegram.
    func step(
        _ context: WorkerContext, told: TelegramBotStatus.Webhook?, now: Int64, overlap: Duration
    ) -> Step {
        let hash = values.first.map { WebhookWish(context, secret: $0).hash }
        // Nobody uses the secrets of a bot that is polled.
        let isTold = told?.appliedHash == hash || context.bot.spec.updateMode == .polling
        return step(
            tokenFingerprint: context.token.fingerprint, request: context.bot.rotationRequest, isTold: isTold, now: now,
            overlap: overlap.components.seconds)
    }

    /// The secrets after a step.
    /// - Parameter fresh: a new secret, used for an exchange.
    func after(
        _ step: Step, tokenFingerprint: String, request: String, now: Int64, fresh: () throws -> String
    ) rethrows -> WebhookSecrets {
        switch step {
        case .keep:
            return WebhookSecrets(values: values, tokenFingerprint: tokenFingerprint, request: request, since: since)
        case .exchange:
            return WebhookSecrets(
                values: [try fresh()] + values.prefix(1), tokenFingerprint: tokenFingerprint, request: request,
                since: now)
        case .retire:
            return WebhookSecrets(
                values: Array(values.prefix(1)), tokenFingerprint: tokenFingerprint, request: request, since: since)
        }
    }
}
