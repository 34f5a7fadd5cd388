import PlatformAPI
import TelegramBotAPI

/// What to do about a bot's webhook, once Telegram has said what it has. Pure.
enum WebhookPlan: Equatable {
    /// Telegram has what is wanted.
    case keep
    /// Telegram is to be told.
    case set
    /// Somebody else has changed what the bot had; Telegram is to be told again.
    case repair
    /// As ``repair``, but the owner wants to be told only.
    case report
    /// The webhook is somebody else's.
    case refuse

    /// - Parameters:
    ///   - wish: what the bot should have.
    ///   - told: the settings last given to Telegram, as the status remembers them; `nil` before the first time.
    ///   - info: what Telegram has.
    ///   - isOurs: whether a URL leads to a gateway of this cluster.
    static func decide(
        _ wish: WebhookWish, told: TelegramBotStatus.Webhook?, info: WebhookInfo,
        adoption: TelegramBotSpec.WebhookAdoption,
        drift: TelegramBotSpec.DriftPolicy, isOurs: (String) -> Bool
    ) -> WebhookPlan {
        let wasTold = told?.appliedHash == wish.hash && told?.url == wish.url
        if wasTold, wish.isMet(by: info) { return .keep }
        let isFree = info.url.isEmpty || info.url == wish.url || info.url == told?.url
        if !isFree {
            switch adoption {
            case .never: return .refuse
            case .ifUnowned:
                guard told.isOfThePlatform || isOurs(info.url) else { return .refuse }
            case .always: break
            }
        }
        guard wasTold else { return .set }
        return drift == .repair ? .repair : .report
    }

    /// Somebody else has the webhook.
    static func ownedElsewhere(_ url: String) -> StepFailure {
        StepFailure(
            .webhookReady, "WebhookOwnedElsewhere",
            "Telegram delivers to \(host(of: url)), which is not of this platform: take that webhook away, "
                + "or have it replaced by spec.updates.webhookAdoption: Always", retry: .onChange)
    }

    /// Somebody else's URL may have a token in its path: only its beginning is told.
    static func host(of url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        return parts.count > 1 ? "\(parts[0])//\(parts[1].prefix { $0 != "/" && $0 != "?" })" : "another server"
    }
}
