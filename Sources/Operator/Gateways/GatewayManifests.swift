import JSON
import KubernetesTypes
import PlatformAPI

/// The objects that a gateway consists of. Pure: the same context gives the same objects.
enum GatewayManifests {
    /// Where the gateway's process listens in its pod.
    enum Port {
        static let webhook: Int64 = 8080
        static let proxy: Int64 = 8082
        /// /health, /ready and /metrics.
        static let health: Int64 = 9090
    }

    /// What is wanted of a kind: none, one, or, of Services, up to three.
    static func objects(_ part: GatewayPart, _ context: GatewayContext) -> [StatedObject] {
        switch part {
        case .serviceAccount: [serviceAccount(context)]
        case .role: [role(context)]
        case .roleBinding: [roleBinding(context)]
        case .service: services(context)
        case .networkPolicy: context.spec.hasNetworkPolicy ? [networkPolicy(context)] : []
        case .deployment: [deployment(context)]
        case .disruptionBudget: [disruptionBudget(context)].compactMap(\.self)
        case .autoscaler: [autoscaler(context)].compactMap(\.self)
        case .ingress: [ingress(context)].compactMap(\.self)
        case .httpRoute: [httpRoute(context)].compactMap(\.self)
        }
    }

    /// An object of a kind that has one version.
    static func object(
        _ part: GatewayPart, _ metadata: ObjectMeta, _ content: [String: JSONValue]
    ) -> StatedObject {
        StatedObject(definition: part.definitions[0], metadata: metadata, content: content)
    }

    /// Texts as a JSON object.
    static func json(_ texts: [String: String]) -> JSONValue { .object(texts.mapValues { .string($0) }) }

    /// Texts as a JSON list.
    static func json(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    static func disruptionBudget(_ context: GatewayContext) -> StatedObject? {
        guard let form = context.kinds.budget, context.spec.effectiveReplicas.effectiveMax > 1 else { return nil }
        var spec: [String: JSONValue] = [
            "maxUnavailable": 1, "selector": ["matchLabels": json(context.selectorLabels)],
        ]
        // Else replicas that never get ready could not be evicted at all.
        if form.hasEvictionPolicy { spec["unhealthyPodEvictionPolicy"] = "AlwaysAllow" }
        return StatedObject(definition: form.definition, metadata: context.metadata(), content: ["spec": .object(spec)])
    }

    /// `nil` when the number of replicas is fixed, or the cluster scales nothing.
    static func autoscaler(_ context: GatewayContext) -> StatedObject? {
        let replicas = context.spec.effectiveReplicas
        guard let definition = context.kinds.autoscaler, replicas.isScaled else { return nil }
        let target = Deployment.definition
        let percentage = JSONValue.int(Int64(replicas.effectiveTargetCPU))
        var spec: [String: JSONValue] = [
            "minReplicas": .int(Int64(replicas.effectiveMin)), "maxReplicas": .int(Int64(replicas.effectiveMax)),
            "scaleTargetRef": [
                "apiVersion": .string(target.apiVersion), "kind": .string(target.kind),
                "name": .string(context.objectName),
            ],
        ]
        if definition.version == "v1" {
            spec["targetCPUUtilizationPercentage"] = percentage
        } else {
            let wanted: JSONValue = ["type": "Utilization", "averageUtilization": percentage]
            spec["metrics"] = [["type": "Resource", "resource": ["name": "cpu", "target": wanted]]]
        }
        return StatedObject(definition: definition, metadata: context.metadata(), content: ["spec": .object(spec)])
    }

    /// Lets in what the gateway answers: webhooks from anywhere, calls of bots and what looks after pods from the cluster.
    /// What the gateway itself calls is open: Telegram, brokers, Redis and services of routes may be anywhere.
    static func networkPolicy(_ context: GatewayContext) -> StatedObject {
        let webhook: JSONValue = ["ports": [["port": .int(Port.webhook), "protocol": "TCP"]]]
        let inside: JSONValue = [
            "from": [["namespaceSelector": [:]]],
            "ports": [
                ["port": .int(Port.proxy), "protocol": "TCP"], ["port": .int(Port.health), "protocol": "TCP"],
            ],
        ]
        let spec: JSONValue = [
            "podSelector": ["matchLabels": json(context.selectorLabels)], "policyTypes": ["Ingress"],
            "ingress": [webhook, inside],
        ]
        return object(.networkPolicy, context.metadata(), ["spec": spec])
    }
}
