import ControllerRuntime
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// The gateway that the bot names, or the default one.
    func findGateway(_ work: BotWork) async throws -> TelegramGateway {
        let gateway: TelegramGateway
        do {
            gateway = try GatewayPlan.choose(
                work.bot, named: work.bot.gatewayKey.flatMap { stores.gateways.get($0) },
                byDefault: stores.defaultGateway)
        } catch let failure as StepFailure where failure.reason == GatewayPlan.notAdmitted {
            // What the gateway carried while it did allow the namespace, it does not carry on. One that the bot had before
            // goes on until there is another.
            let refusing = work.bot.gatewayKey ?? stores.defaultGateway?.key
            for binding in stores.secrets.keys(in: BotStores.Index.owner, at: work.bot.key.description) {
                guard let name = stores.secrets.get(binding)?.gateway,
                    ObjectKey(namespace: binding.namespace, name: name) == refusing
                else { continue }
                try await deleteIfThere(Secret.self, binding)
            }
            throw failure
        }
        work.conditions.set(.gatewayReady, .true, "GatewayFound", "The bot uses TelegramGateway \(gateway.key)")
        return gateway
    }
}
