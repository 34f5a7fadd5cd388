import KubernetesTypes
import PlatformAPI

extension TelegramBot {
    /// Whether the operator is done with the bot.
    var isReady: Bool {
        status?.conditions?.contains { $0.type == ConditionType.ready.rawValue && $0.status == .true } == true
    }
}
