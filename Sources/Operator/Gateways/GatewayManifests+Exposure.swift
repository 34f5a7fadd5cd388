import JSON
import KubernetesTypes
import PlatformAPI

extension GatewayManifests {
    /// The Service for webhooks and metrics, that of the proxy, and the load balancer's, which has webhooks alone.
    static func services(_ context: GatewayContext) -> [StatedObject] {
        let selector = json(context.selectorLabels)
        let main: JSONValue = [
            "selector": selector,
            "ports": [port("webhook", Port.webhook, to: "webhook"), port("metrics", Port.health, to: "health")],
        ]
        // A bot's polls are to reach one replica.
        let proxy: JSONValue = [
            "selector": selector, "sessionAffinity": "ClientIP",
            "ports": [port("proxy", Port.proxy, to: "proxy")],
        ]
        var services = [
            object(.service, context.metadata(), ["spec": main]),
            object(.service, context.metadata(context.proxyServiceName), ["spec": proxy]),
        ]
        if context.spec.exposureType == .loadBalancer, let url = PublicURL(context.spec.publicURL) {
            let open: JSONValue = [
                "type": "LoadBalancer", "selector": selector,
                "ports": [port("webhook", Int64(url.port), to: "webhook")],
            ]
            let metadata = context.metadata(
                context.publicServiceName, annotations: context.spec.exposure?.annotations)
            services.append(object(.service, metadata, ["spec": open]))
        }
        return services
    }

    private static func port(_ name: String, _ number: Int64, to target: String) -> JSONValue {
        [
            "name": .string(name), "port": .int(number), "protocol": "TCP", "targetPort": .string(target),
        ]
    }

    /// `nil` unless the gateway is exposed so.
    static func ingress(_ context: GatewayContext) -> StatedObject? {
        guard let exposure = context.spec.exposure, exposure.type == .ingress,
            let url = PublicURL(context.spec.publicURL)
        else { return nil }
        let service: JSONValue = ["name": .string(context.objectName), "port": ["name": "webhook"]]
        let path: JSONValue = ["path": "/webhook", "pathType": "Prefix", "backend": ["service": service]]
        var spec: [String: JSONValue] = ["rules": [["host": .string(url.host), "http": ["paths": [path]]]]]
        if let name = exposure.ingressClassName { spec["ingressClassName"] = .string(name) }
        if let secret = exposure.tlsSecretName {
            spec["tls"] = [["hosts": [.string(url.host)], "secretName": .string(secret)]]
        }
        return object(.ingress, context.metadata(annotations: exposure.annotations), ["spec": .object(spec)])
    }

    /// `nil` unless the gateway is exposed so, and the cluster has the kind.
    static func httpRoute(_ context: GatewayContext) -> StatedObject? {
        guard let exposure = context.spec.exposure, exposure.type == .httpRoute, let parent = exposure.parentRef,
            let definition = context.kinds.httpRoute, let url = PublicURL(context.spec.publicURL)
        else { return nil }
        var reference: [String: JSONValue] = ["name": .string(parent.name)]
        if let namespace = parent.namespace { reference["namespace"] = .string(namespace) }
        if let section = parent.sectionName { reference["sectionName"] = .string(section) }
        var rule: [String: JSONValue] = [
            "matches": [["path": ["type": "PathPrefix", "value": .string("\(url.path)/webhook")]]],
            "backendRefs": [["name": .string(context.objectName), "port": .int(Port.webhook)]],
        ]
        if !url.path.isEmpty {
            // The gateway knows nothing of the path that it is reached by.
            let rewrite: JSONValue = ["path": ["type": "ReplacePrefixMatch", "replacePrefixMatch": "/webhook"]]
            rule["filters"] = [["type": "URLRewrite", "urlRewrite": rewrite]]
        }
        let spec: JSONValue = [
            "parentRefs": [.object(reference)], "hostnames": [.string(url.host)], "rules": [.object(rule)],
        ]
        return StatedObject(
            definition: definition, metadata: context.metadata(annotations: exposure.annotations),
            content: ["spec": spec])
    }
}
