import ControllerRuntime
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// The gateway that the bot names, or the default one.
    func findGateway(_ work: BotWork) throws -> TelegramGateway {
        let gateway: TelegramGateway
        if let key = work.bot.gatewayKey {
            guard let named = stores.gateways.get(key) else {
                throw StepFailure(
                    .gatewayReady, "GatewayNotFound",
                    "TelegramGateway \(key) does not exist: create it or change spec.gatewayRef", retry: .onChange)
            }
            gateway = named
        } else {
            guard let byDefault = stores.defaultGateway else {
                throw StepFailure(
                    .gatewayReady, "NoDefaultGateway",
                    "no TelegramGateway has the annotation \(Annotations.defaultGateway): \"true\": "
                        + "mark one, or name one in spec.gatewayRef", retry: .onChange)
            }
            gateway = byDefault
        }
        let problems = gateway.validate()
        guard problems.isEmpty else {
            throw StepFailure(
                .gatewayReady, "GatewayInvalid", "TelegramGateway \(gateway.key): \(problems.joined(separator: "; "))",
                retry: .onChange)
        }
        work.conditions.set(.gatewayReady, .true, "GatewayFound", "The bot uses TelegramGateway \(gateway.key)")
        return gateway
    }
}
