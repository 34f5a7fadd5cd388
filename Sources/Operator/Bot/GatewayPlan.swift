import KubernetesTypes
import PlatformAPI

/// Which gateway a bot uses. Pure.
enum GatewayPlan {
    /// - Parameters:
    ///   - named: the gateway of ``PlatformAPI/TelegramBot/gatewayKey``, when there is one.
    ///   - byDefault: the cluster's default gateway, when there is one.
    /// - Throws: ``StepFailure``: `GatewayNotFound`, `NoDefaultGateway`, `GatewayInvalid`, `NamespaceNotAllowed`.
    static func choose(
        _ bot: TelegramBot, named: TelegramGateway?, byDefault: TelegramGateway?
    ) throws -> TelegramGateway {
        let gateway = try find(bot, named: named, byDefault: byDefault)
        let problems = gateway.validate()
        guard problems.isEmpty else {
            throw StepFailure(
                .gatewayReady, "GatewayInvalid", "TelegramGateway \(gateway.key): \(problems.joined(separator: "; "))",
                retry: .onChange)
        }
        let namespace = bot.metadata.namespace ?? ""
        guard gateway.spec.admits(namespace: namespace) else {
            throw StepFailure(
                .gatewayReady, notAdmitted,
                "TelegramGateway \(gateway.key) takes no bots of namespace \(namespace): add it to its "
                    + "spec.allowedNamespaces, or name another gateway in spec.gatewayRef", retry: .onChange)
        }
        return gateway
    }

    /// The reason of a bot whose namespace the gateway does not allow.
    static let notAdmitted = "NamespaceNotAllowed"

    private static func find(
        _ bot: TelegramBot, named: TelegramGateway?, byDefault: TelegramGateway?
    ) throws -> TelegramGateway {
        if let key = bot.gatewayKey {
            guard let named else {
                throw StepFailure(
                    .gatewayReady, "GatewayNotFound",
                    "TelegramGateway \(key) does not exist: create it or change spec.gatewayRef", retry: .onChange)
            }
            return try valid(named)
        }
        guard let byDefault else {
            throw StepFailure(
                .gatewayReady, "NoDefaultGateway",
                "no TelegramGateway has the annotation \(Annotations.defaultGateway): \"true\": "
                    + "mark one, or name one in spec.gatewayRef", retry: .onChange)
        }
        return try valid(byDefault)
    }

    private static func valid(_ gateway: TelegramGateway) throws(StepFailure) -> TelegramGateway {
        let problems = gateway.validate()
        guard problems.isEmpty else {
            throw StepFailure(
                .gatewayReady, "GatewayInvalid",
                "TelegramGateway \(gateway.key): \(problems.joined(separator: "; "))", retry: .onChange)
        }
        return gateway
    }

    /// The gateway that bots without `gatewayRef` use: the oldest of those marked.
    static func byDefault(_ gateways: some Sequence<TelegramGateway>) -> TelegramGateway? {
        gateways.filter(\.isDefault)
            .min { ($0.metadata.creationTimestamp ?? "", $0.key) < ($1.metadata.creationTimestamp ?? "", $1.key) }
    }

    /// Whether a webhook leads to one of these gateways.
    static func isWebhook(_ url: String, of gateways: some Sequence<TelegramGateway>) -> Bool {
        gateways.contains { url.hasPrefix($0.spec.publicURL + "/webhook/") }
    }
}
