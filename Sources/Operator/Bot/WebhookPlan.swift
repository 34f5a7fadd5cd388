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
                let hadIt = told?.url != nil
                guard hadIt || isOurs(info.url) else { return .refuse }
            case .always: break
            }
        }
        guard wasTold else { return .set }
        return drift == .repair ? .repair : .report
    }
}
