import ControllerRuntime
import KubernetesTypes
import PlatformAPI

extension BotReconciler {
    /// How the brokers are reached that have a bot's topics, which its gateway may not name any more. Credentials go only
    /// to brokers that a gateway names: what a status says may be anybody's.
    func access(to servers: String, _ gateway: TelegramGateway?) async throws -> KafkaAccess {
        let gateways = [gateway].compactMap(\.self) + stores.gateways.all.map(\.value).sorted { $0.key < $1.key }
        let wanted = Set(servers.split(separator: ","))
        let known =
            gateways.first { $0.spec.kafka.bootstrapServers == servers }
            // The list has grown or shrunk since.
            ?? gateways.first { !wanted.isDisjoint(with: $0.spec.kafka.bootstrapServers.split(separator: ",")) }
        guard let known else { return KafkaAccess(servers: servers) }
        return try await logins.access(of: known)
    }

    /// The gateway that the bot uses, if it is there.
    func gateway(of bot: TelegramBot) -> TelegramGateway? {
        bot.gatewayKey.map { stores.gateways.get($0) } ?? stores.defaultGateway
    }
}
