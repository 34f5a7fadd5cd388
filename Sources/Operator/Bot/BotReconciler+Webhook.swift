import ControllerRuntime
import KubernetesTypes
import Observability
import PlatformAPI
import TelegramBotAPI

extension BotReconciler {
    /// Points Telegram at the gateway, and looks now and then whether it still does.
    func ensureWebhook(_ context: WorkerContext, _ secrets: WebhookSecrets, _ work: BotWork) async throws {
        if context.bot.spec.suspend == .off { return try await withdrawWebhook(context, work) }
        if context.bot.spec.updateMode == .polling { return try await ensurePolling(context, work) }
        guard let secret = secrets.values.first else { return }
        let wish = WebhookWish(context, secret: secret)
        let key = context.bot.key
        let told = work.status.webhook
        let wasTold = told?.appliedHash == wish.hash && told?.url == wish.url
        let untilCheck = timeUntilCheck(key)
        guard !wasTold || untilCheck <= .zero || work.conditions[.webhookReady]?.status != .true else {
            if memory[key].isWebhookDrifted { work.note(.drifted, "webhook") }
            // Said each time: the reconcile that said it before may have been overtaken by this one.
            if memory[key].isDeliveryInDoubt { work.lookAgain(in: untilCheck) }
            return
        }
        if !wasTold, secrets.values.count > 1 {
            // The gateway must know a new secret before Telegram uses it.
            let age = Duration.seconds(Self.seconds() - secrets.since)
            guard age >= Self.bindingSettleTime else { return work.lookAgain(in: Self.bindingSettleTime - age) }
        }
        if let wait = untilPollingHasEnded(key, told: told) { return work.lookAgain(in: wait) }
        let telegram = telegram(context.gateway)
        let token = try BotToken(context.token.token.value)
        try await callingTelegram(.webhookReady, context.token, work) {
            let info = try await telegram.getWebhookInfo(token: token, timeout: settings.telegramTimeout)
            memory.update(key) { $0.webhookCheckedAt = clock.now }
            work.status.webhook?.pendingUpdates = info.pendingUpdateCount
            work.status.webhook?.lastError = info.lastErrorMessage
            let plan = WebhookPlan.decide(
                wish, told: told, info: info, adoption: context.bot.spec.webhookAdoption,
                drift: context.bot.spec.effectiveDriftPolicy, isOurs: isGatewayURL)
            memory.update(key) { $0.isWebhookDrifted = plan == .report }
            switch plan {
            case .keep: work.webhookInfo = info
            case .refuse:
                throw WebhookPlan.ownedElsewhere(info.url)
            case .report:
                work.webhookInfo = info
                work.note(.drifted, "webhook")
            case .set, .repair:
                if plan == .repair { work.note(.repaired, "webhook") }
                try await set(wish, token, telegram, context, work)
                work.status.webhook?.pendingUpdates = info.pendingUpdateCount
                work.webhookInfo = info
                work.isWebhookNew = true
            }
        }
        work.conditions.set(.webhookReady, .true, "WebhookSet", "Telegram delivers to \(wish.url)")
    }

    /// Takes the webhook away from a bot that is switched off, when it is still the bot's.
    private func withdrawWebhook(_ context: WorkerContext, _ work: BotWork) async throws {
        if let url = work.status.webhook?.url {
            let telegram = telegram(context.gateway)
            let token = try BotToken(context.token.token.value)
            let limit = settings.telegramTimeout
            try await callingTelegram(.webhookReady, context.token, work) {
                guard try await telegram.getWebhookInfo(token: token, timeout: limit).url == url else { return }
                try await telegram.deleteWebhook(token: token, timeout: limit)
            }
            work.status.webhook = nil
        }
        work.conditions.set(
            .webhookReady, .true, "WebhookRemoved",
            "The bot is switched off: Telegram keeps its updates for up to 24 hours")
    }

    /// How long the gateway is given to hear of a changed binding.
    static let bindingSettleTime = Duration.seconds(2)

    /// Whether a webhook leads to a gateway of this cluster, whichever.
    func isGatewayURL(_ url: String) -> Bool {
        GatewayPlan.isWebhook(url, of: stores.gateways.all.map(\.value))
    }

    private func set(
        _ wish: WebhookWish, _ token: BotToken, _ telegram: TelegramClient, _ context: WorkerContext, _ work: BotWork
    ) async throws {
        do {
            try await telegram.setWebhook(
                WebhookSettings(
                    url: wish.url, secretToken: Sensitive(wish.secret), maxConnections: wish.maxConnections,
                    allowedUpdates: wish.allowedUpdates ?? []), token: token, timeout: settings.telegramTimeout)
        } catch {
            guard error.code == .badRequest else { throw error }
            throw StepFailure(
                .webhookReady, "WebhookRefused",
                "Telegram does not take \(wish.url): \(error.apiDescription ?? error.message); "
                    + "change publicURL of TelegramGateway \(context.gateway.key)", retry: .onChange)
        }
        FaultPoint.passed(.webhookSet)
        work.status.webhook = TelegramBotStatus.Webhook(
            url: wish.url, apiBaseURL: context.gateway.spec.apiBaseURL, appliedHash: wish.hash)
    }

    /// How long until Telegram is asked what it has. After a restart the first look of each bot is drawn over the interval,
    /// so that they do not all come at once.
    func timeUntilCheck(_ key: ObjectKey) -> Duration {
        guard let last = memory[key].webhookCheckedAt else {
            let age = settings.resyncInterval * Double.random(in: 0...0.5)
            memory.update(key) { $0.webhookCheckedAt = clock.now - age }
            return settings.resyncInterval * 0.8 - age
        }
        let interval = memory[key].isDeliveryInDoubt ? Self.doubtInterval : settings.resyncInterval
        return last + min(interval, settings.resyncInterval) * 0.8 - clock.now
    }
}
