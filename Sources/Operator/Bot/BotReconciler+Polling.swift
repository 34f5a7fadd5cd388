import ControllerRuntime
import FoundationEssentials
import JSON
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import TelegramBotAPI

extension BotReconciler {
    /// Takes the webhook away from a bot that is polled, and looks now and then whether it has come back. The gateway knows
    /// from the binding, which is written before, that it is to ask for updates; Telegram keeps them meanwhile.
    func ensurePolling(_ context: WorkerContext, _ work: BotWork) async throws {
        let key = context.bot.key
        let told = work.status.webhook
        memory.update(key) { $0.pollingEndsAt = nil }
        let untilCheck = timeUntilCheck(key)
        guard !told.isPolling || untilCheck <= .zero || work.conditions[.webhookReady]?.status != .true else {
            if memory[key].isWebhookDrifted { work.note(.drifted, "webhook") }
            if memory[key].isDeliveryInDoubt { work.lookAgain(in: untilCheck) }
            return
        }
        let telegram = telegram(context.gateway)
        let token = try BotToken(context.token.token.value)
        let limit = settings.telegramTimeout
        try await callingTelegram(.webhookReady, context.token, work) {
            let info = try await telegram.getWebhookInfo(token: token, timeout: limit)
            memory.update(key) { $0.webhookCheckedAt = clock.now }
            let plan = PollingPlan.decide(
                own: WebhookWish.url(context), told: told, info: info, adoption: context.bot.spec.webhookAdoption,
                drift: context.bot.spec.effectiveDriftPolicy, isOurs: isGatewayURL)
            memory.update(key) { $0.isWebhookDrifted = plan == .report }
            switch plan {
            case .keep: break
            case .refuse:
                work.status.webhook?.pendingUpdates = info.pendingUpdateCount
                throw PollingPlan.ownedElsewhere(info.url)
            case .report: work.note(.drifted, "webhook")
            case .remove, .repair:
                if plan == .repair { work.note(.repaired, "webhook") }
                try await telegram.deleteWebhook(token: token, timeout: limit)
                FaultPoint.passed(.webhookRemoved)
                work.isWebhookNew = true
            }
            if !told.isPolling {
                work.status.webhook = TelegramBotStatus.Webhook(
                    apiBaseURL: context.gateway.spec.apiBaseURL, appliedHash: PollingPlan.appliedHash)
                work.isWebhookNew = true
            }
            work.status.webhook?.pendingUpdates = info.pendingUpdateCount
            work.webhookInfo = info
        }
        work.conditions.set(.webhookReady, .true, "Polling", "The gateway asks Telegram for updates")
    }

    /// Before a bot that was polled gets a webhook, the gateway is given the time to hear of it, to put what it has asked for
    /// into Kafka and to tell Telegram so.
    /// - Returns: how long still; `nil` when it has passed, or when the bot was not polled.
    func untilPollingHasEnded(_ key: ObjectKey, told: TelegramBotStatus.Webhook?) -> Duration? {
        guard told.isPolling else {
            memory.update(key) { $0.pollingEndsAt = nil }
            return nil
        }
        let end = memory[key].pollingEndsAt ?? clock.now + Self.bindingSettleTime
        memory.update(key) { $0.pollingEndsAt = end }
        let left = end - clock.now
        return left > .zero ? left : nil
    }

    /// Ends the polling for a bot that is being deleted: no new updates, while those that came in are still answered. The
    /// binding itself has to stay until the answers are sent.
    func endPolling(_ bot: TelegramBot) async throws {
        guard bot.spec.updateMode == .polling, !memory[bot.key].hasPollingEnded else { return }
        for key in stores.secrets.keys(in: BotStores.Index.owner, at: bot.key.description) {
            guard let secret = try await client.find(Secret.self, key),
                case .success(var binding) = Result(catching: { () throws(BindingError) in try Binding(secret) })
            else { continue }
            binding.intake = .refuse
            let data = binding.secretData.mapValues { JSONValue.string($0.base64EncodedString()) }
            _ = try await client.patch(
                Secret.self, key, .merge(.object(["data": .object(data)])), fieldManager: FieldManager.main)
        }
        memory.update(bot.key) { $0.hasPollingEnded = true }
    }
}
