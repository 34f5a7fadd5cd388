import JSON
import KubernetesTypes
import PlatformAPI

/// What the state of a gateway's objects means for its conditions. Pure.
enum GatewayHealth {
    struct Verdict: Equatable {
        let status: Condition.Status
        let reason: String
        let message: String

        init(_ status: Condition.Status, _ reason: String, _ message: String) {
            self.status = status
            self.reason = reason
            self.message = message
        }
    }

    /// `WorkloadReady`: whether there are replicas that take webhooks.
    /// - Parameter deployment: `nil` when the watch does not show it yet.
    static func workload(_ name: String, _ deployment: ObservedGatewayObject?) -> Verdict {
        guard let deployment else {
            return Verdict(.unknown, "Starting", "Deployment \(name) has just been made")
        }
        guard (deployment.status["observedGeneration"]?.intValue ?? 0) >= deployment.generation else {
            return Verdict(.unknown, "RollingOut", "Deployment \(name) has not been looked at yet")
        }
        if let failed = deployment.condition("ReplicaFailure"), failed["status"] == "True" {
            return Verdict(
                .false, failed["reason"]?.stringValue ?? "ReplicaFailure",
                "Deployment \(name) cannot make pods: \(failed["message"]?.stringValue ?? "see its events")")
        }
        if let failed = deployment.condition("Progressing"), failed["status"] == "False" {
            return Verdict(
                .false, failed["reason"]?.stringValue ?? "RolloutFailed",
                "Deployment \(name) does not get on: \(failed["message"]?.stringValue ?? "see its events"). "
                    + "Replicas of before go on")
        }
        let available = deployment.count("availableReplicas")
        guard available > 0 else {
            return Verdict(
                .false, "PodsNotReady",
                "No pod of Deployment \(name) is ready: see kubectl describe pods, and the brokers of spec.kafka")
        }
        return Verdict(.true, "ReplicasReady", "Deployment \(name) has replicas that are ready")
    }

    /// `Programmed`: whether all replicas are of the present spec. How many there are does not matter: an autoscaler adds
    /// some and takes some away.
    /// - Parameter isNew: the Deployment has just been changed, so that what is observed is of before.
    static func programmed(_ name: String, _ deployment: ObservedGatewayObject?, isNew: Bool) -> Verdict {
        let pods = deployment?.count("replicas") ?? 0
        let updated = deployment?.count("updatedReplicas") ?? 0
        let isSeen = (deployment?.status["observedGeneration"]?.intValue ?? 0) >= deployment?.generation ?? 1
        guard !isNew, isSeen, updated == pods, deployment?.count("availableReplicas") ?? 0 > 0 else {
            return Verdict(
                .unknown, "RollingOut",
                "Deployment \(name) is on its way to the present spec: \(updated) of \(pods) replicas are of it")
        }
        return Verdict(.true, "RolledOut", "All replicas are of the present spec")
    }

    /// `Exposed`, and the address that webhooks come in at, if one is known.
    /// - Parameters:
    ///   - object: what exposes the gateway; `nil` when the watch does not show it yet.
    ///   - hasKind: whether the cluster has its kind.
    static func exposed(
        _ context: GatewayContext, _ object: ObservedGatewayObject?, hasKind: Bool
    ) -> (verdict: Verdict, address: String?)? {
        let url = context.spec.publicURL
        let address = object?.loadBalancerAddress
        switch context.spec.exposureType {
        case .none: return nil
        case .loadBalancer:
            guard let address else {
                return (
                    Verdict(
                        .unknown, "AddressPending",
                        "Service \(context.publicServiceName) has no address yet: the cluster's load balancer gives one"
                    ),
                    nil
                )
            }
            return (
                Verdict(
                    .true, "LoadBalancerReady",
                    "Service \(context.publicServiceName) takes webhooks at \(address): \(url) must lead there"),
                address
            )
        case .ingress:
            // Not every controller says where it listens.
            let place = address ?? "an address that its controller has not said"
            return (
                Verdict(.true, "IngressMade", "Ingress \(context.objectName) leads \(url) to the gateway, at \(place)"),
                address
            )
        case .httpRoute: return (route(context, object, hasKind: hasKind), nil)
        }
    }

    private static func route(
        _ context: GatewayContext, _ object: ObservedGatewayObject?, hasKind: Bool
    ) -> Verdict {
        guard hasKind else {
            return Verdict(
                .false, "HTTPRouteUnknown",
                "the cluster has no HTTPRoutes: install the Gateway API, or choose another spec.exposure.type")
        }
        let conditions = (object?.status["parents"]?.arrayValue ?? []).flatMap { $0["conditions"]?.arrayValue ?? [] }
        let name = context.objectName
        for type in ["Accepted", "ResolvedRefs"] {
            let ofType = conditions.filter { $0["type"]?.stringValue == type }
            if let refused = ofType.first(where: { $0["status"] == "False" }) {
                return Verdict(
                    .false, refused["reason"]?.stringValue ?? "NotAccepted",
                    "HTTPRoute \(name) is refused: \(refused["message"]?.stringValue ?? "see its status")")
            }
        }
        guard conditions.contains(where: { $0["type"] == "Accepted" && $0["status"] == "True" }) else {
            return Verdict(
                .unknown, "RoutePending",
                "HTTPRoute \(name) is not accepted yet: Gateway \(context.spec.exposure?.parentRef?.name ?? "") must be "
                    + "there and allow routes of this namespace")
        }
        return Verdict(.true, "RouteAccepted", "HTTPRoute \(name) leads \(context.spec.publicURL) to the gateway")
    }
}
