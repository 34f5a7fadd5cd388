import ControllerRuntime
import KubernetesTypes
import PlatformAPI

/// What the watches of the gateways' controller show.
struct GatewayStores: Sendable {
    let gateways: Store<TelegramGateway>
    private let parts: [GatewayPart: Store<ObservedGatewayObject>]

    /// Name of the index of objects by "namespace/name" of the gateway that they belong to.
    private static let owner = "owner"

    init() {
        gateways = Store(indices: [
            StoreIndex(BotStores.Index.kafkaSecret) { key, gateway in
                gateway.spec.mountedSecretNames.map { ObjectKey(namespace: key.namespace, name: $0).description }
            }
        ])
        parts = GatewayPart.allCases.reduce(into: [:]) { parts, part in
            parts[part] = Store(indices: [
                StoreIndex(Self.owner) { key, object in
                    [ObjectKey(namespace: key.namespace, name: object.gateway).description]
                }
            ])
        }
    }

    /// The objects of a kind.
    func store(_ part: GatewayPart) -> Store<ObservedGatewayObject> {
        guard let store = parts[part] else { preconditionFailure("there is a store for each part") }
        return store
    }

    /// What of a kind was made for the gateway.
    func keys(_ part: GatewayPart, of gateway: ObjectKey) -> [ObjectKey] {
        store(part).keys(in: Self.owner, at: gateway.description)
    }

    /// Gateways that have the Secret as files, or whose brokers are reached with it.
    func gateways(using secret: ObjectKey) -> [ObjectKey] {
        gateways.keys(in: BotStores.Index.kafkaSecret, at: secret.description)
    }
}
