import KubernetesTypes
import Observability
import PlatformAPI
import TelegramBotAPI

extension BotReconciler {
    /// Points Telegram at the gateway, and looks now and then whether it still does.
    func ensureWebhook(_ context: WorkerContext, secrets: [String], _ work: BotWork) async throws {
        guard let secret = secrets.first else { return }
        let wish = WebhookWish(context, secret: secret)
        let telegram = telegram(context.gateway)
        let token = try BotToken(context.token.token.value)
        let isApplied = work.status.webhook?.appliedHash == wish.hash && work.status.webhook?.url == wish.url
        if isApplied {
            guard isCheckDue(context.bot.key) else { return }
            let info = try await telegram.getWebhookInfo(token: token, timeout: settings.telegramTimeout)
            memory.update(context.bot.key) { $0.webhookCheckedAt = clock.now }
            if wish.isMet(by: info) {
                work.status.webhook?.pendingUpdates = info.pendingUpdateCount
                work.status.webhook?.lastError = info.lastErrorMessage
                work.conditions.set(.webhookReady, .true, "WebhookSet", "Telegram delivers to \(wish.url)")
                return
            }
            logger.info(
                "Telegram has another webhook than was set, setting it again", ["bot_id": .string("\(context.botID)")])
        }
        do {
            try await telegram.setWebhook(
                WebhookSettings(
                    url: wish.url, secretToken: Sensitive(wish.secret), maxConnections: wish.maxConnections,
                    allowedUpdates: wish.allowedUpdates ?? []), token: token,
                timeout: settings.telegramTimeout)
        } catch {
            if error.isTokenRefused { memory.update(context.bot.key) { $0.verified = nil } }
            throw Self.failure(error, wish, context)
        }
        memory.update(context.bot.key) { $0.webhookCheckedAt = clock.now }
        work.status.webhook = TelegramBotStatus.Webhook(
            url: wish.url, apiBaseURL: context.gateway.spec.apiBaseURL, appliedHash: wish.hash)
        work.conditions.set(.webhookReady, .true, "WebhookSet", "Telegram delivers to \(wish.url)")
    }

    private static func failure(_ error: TelegramError, _ wish: WebhookWish, _ context: WorkerContext) -> any Error {
        if error.isTokenRefused {
            return StepFailure(.tokenValid, "TokenRejected", error.message, retry: .onChange)
        }
        guard error.code == .badRequest else { return error }
        return StepFailure(
            .webhookReady, "WebhookRefused",
            "Telegram does not take \(wish.url): \(error.apiDescription ?? error.message); "
                + "change publicURL of TelegramGateway \(context.gateway.key)", retry: .onChange)
    }

    /// After a restart the first look of each bot is drawn over the interval, so that they do not all come at once.
    private func isCheckDue(_ key: ObjectKey) -> Bool {
        guard let last = memory[key].webhookCheckedAt else {
            let age = settings.resyncInterval * Double.random(in: 0...0.5)
            memory.update(key) { $0.webhookCheckedAt = clock.now - age }
            return false
        }
        return clock.now - last > settings.resyncInterval * 0.8
    }
}
