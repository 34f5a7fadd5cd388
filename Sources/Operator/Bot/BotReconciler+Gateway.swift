import ControllerRuntime
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// The gateway that the bot names, or the default one.
    func findGateway(_ work: BotWork) throws -> TelegramGateway {
        let gateway = try GatewayPlan.choose(
            work.bot, named: work.bot.gatewayKey.flatMap { stores.gateways.get($0) }, byDefault: stores.defaultGateway)
        work.conditions.set(.gatewayReady, .true, "GatewayFound", "The bot uses TelegramGateway \(gateway.key)")
        return gateway
    }
}
