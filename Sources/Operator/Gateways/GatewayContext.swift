import ControllerRuntime
import KubernetesTypes
import PlatformAPI

/// What the manifests of one gateway are made from: the resource itself and what was found out.
struct GatewayContext: Sendable {
    /// What the API server has of the kinds that not all have.
    struct Kinds: Sendable {
        /// `nil`: the cluster has none.
        var budget: DisruptionBudgetForm?
        var autoscaler: ResourceDefinition?
        var httpRoute: ResourceDefinition?
    }

    let gateway: TelegramGateway
    let image: String
    /// Changes when a Secret that is mounted does; `nil` when there is none.
    var secretFingerprint: String?
    var kinds = Kinds()

    var spec: TelegramGatewaySpec { gateway.spec }
    var name: String { gateway.metadata.name ?? "" }

    /// The name of the Deployment, and of all that there is one of.
    var objectName: String { Self.objectName(name) }
    /// The Service of the Bot API proxy.
    var proxyServiceName: String { "\(objectName)-proxy" }
    /// The Service that leads webhooks in from outside the cluster, of the type LoadBalancer.
    var publicServiceName: String { "\(objectName)-public" }

    static func objectName(_ gateway: String) -> String { "gateway-\(gateway)" }

    var labels: [String: String] {
        [
            Labels.managedBy: Labels.managedByValue,
            Labels.component: Labels.gatewayComponent,
            Labels.name: "telegram-gateway",
            Labels.instance: name,
            Labels.gateway: name,
        ]
    }

    /// What the Deployment selects pods by: it can never be changed.
    var selectorLabels: [String: String] {
        [Labels.component: Labels.gatewayComponent, Labels.gateway: name]
    }

    /// Metadata of an object that is made for the gateway, beside it in its namespace.
    func metadata(_ name: String? = nil, annotations: [String: String]? = nil) -> ObjectMeta {
        ObjectMeta(
            name: name ?? objectName, namespace: gateway.metadata.namespace, labels: labels, annotations: annotations,
            ownerReferences: [
                OwnerReference(
                    apiVersion: TelegramGateway.definition.apiVersion, kind: TelegramGateway.definition.kind,
                    name: self.name, uid: gateway.metadata.uid ?? "")
            ])
    }
}
