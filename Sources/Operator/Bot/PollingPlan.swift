import PlatformAPI
import TelegramBotAPI

/// What to do about the webhook of a bot that is polled, once Telegram has said what it has: there must be none, and the
/// rules of whose may be taken away are those of ``WebhookPlan``. Pure.
enum PollingPlan: Equatable {
    /// There is none.
    case keep
    /// It is to be taken away.
    case remove
    /// Somebody has set one since the bot is polled: it is to be taken away.
    case repair
    /// As ``repair``, but the owner wants to be told only.
    case report
    /// The webhook is somebody else's.
    case refuse

    /// What the status remembers in place of settings while a bot is polled.
    static let appliedHash = "polling"

    /// - Parameters:
    ///   - own: the URL of the bot's webhook when it has one.
    ///   - told: what was last brought about at Telegram, as the status remembers it; `nil` before the first time.
    ///   - info: what Telegram has.
    ///   - isOurs: whether a URL leads to a gateway of this cluster.
    static func decide(
        own: String, told: TelegramBotStatus.Webhook?, info: WebhookInfo, adoption: TelegramBotSpec.WebhookAdoption,
        drift: TelegramBotSpec.DriftPolicy, isOurs: (String) -> Bool
    ) -> PollingPlan {
        guard !info.url.isEmpty else { return .keep }
        if info.url != own, info.url != told?.url {
            switch adoption {
            case .never: return .refuse
            case .ifUnowned:
                guard told.isOfThePlatform || isOurs(info.url) else { return .refuse }
            case .always: break
            }
        }
        guard told.isPolling else { return .remove }
        return drift == .repair ? .repair : .report
    }

    /// Somebody else has a webhook.
    static func ownedElsewhere(_ url: String) -> StepFailure {
        StepFailure(
            .webhookReady, "WebhookOwnedElsewhere",
            "Telegram delivers to \(WebhookPlan.host(of: url)), which is not of this platform, so the bot cannot be polled: "
                + "take that webhook away, or have it taken away by spec.updates.webhookAdoption: Always",
            retry: .onChange)
    }
}

extension TelegramBotStatus.Webhook? {
    /// The bot was polled when last looked.
    var isPolling: Bool { self?.url == nil && self?.appliedHash == PollingPlan.appliedHash }

    /// The bot has had its updates from here before, in whatever way.
    var isOfThePlatform: Bool { self?.url != nil || isPolling }
}
