import ControllerRuntime
import KubernetesTypes

/// The kinds of objects that a gateway consists of, in the order in which they are made: what pods need before the pods, and
/// what leads to them last.
enum GatewayPart: CaseIterable, Sendable {
    case serviceAccount, role, roleBinding, service, networkPolicy, deployment, disruptionBudget, autoscaler, ingress
    case httpRoute

    /// The kind in its versions, the preferred one first.
    var definitions: [ResourceDefinition] {
        switch self {
        case .serviceAccount: [ServiceAccount.definition]
        case .role: [Self.definition("rbac.authorization.k8s.io", "v1", "Role", "roles")]
        case .roleBinding: [Self.definition("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings")]
        case .service: [Self.definition("", "v1", "Service", "services")]
        case .networkPolicy: [Self.definition("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies")]
        case .deployment: [Deployment.definition]
        case .disruptionBudget: DisruptionBudgetForm.definitions
        // v2 from Kubernetes 1.23 on, v2beta2 until 1.25; v1 knows all that is needed here.
        case .autoscaler:
            ["v2", "v2beta2", "v1"].map {
                Self.definition("autoscaling", $0, "HorizontalPodAutoscaler", "horizontalpodautoscalers")
            }
        case .ingress: [Self.definition("networking.k8s.io", "v1", "Ingress", "ingresses")]
        case .httpRoute:
            ["v1", "v1beta1"].map { Self.definition("gateway.networking.k8s.io", $0, "HTTPRoute", "httproutes") }
        }
    }

    /// Whether clusters may be without it.
    var isOptional: Bool {
        switch self {
        case .disruptionBudget, .autoscaler, .httpRoute: true
        default: false
        }
    }

    private static func definition(
        _ group: String, _ version: String, _ kind: String, _ plural: String
    ) -> ResourceDefinition {
        ResourceDefinition(group: group, version: version, kind: kind, plural: plural)
    }
}
