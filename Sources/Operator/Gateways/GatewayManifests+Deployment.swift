import FoundationEssentials
import JSON
import KubernetesTypes
import PlatformAPI

extension GatewayManifests {
    /// The gateway's Deployment.
    /// - Parameter replicas: only for the one apply that creates it: later the number is stated apart, or the autoscaler's.
    static func deployment(_ context: GatewayContext, replicas: Int? = nil) -> StatedObject {
        var spec: [String: JSONValue] = [
            "selector": ["matchLabels": json(context.selectorLabels)], "template": template(context),
            "revisionHistoryLimit": 3, "minReadySeconds": 5, "progressDeadlineSeconds": 600,
            // A new replica is there before an old one goes.
            "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0]],
        ]
        if let replicas { spec["replicas"] = .int(Int64(replicas)) }
        let annotations = replicas == nil ? [Annotations.replicasHandedOver: "true"] : nil
        return object(.deployment, context.metadata(annotations: annotations), ["spec": .object(spec)])
    }

    private static func template(_ context: GatewayContext) -> JSONValue {
        var metadata: [String: JSONValue] = ["labels": json(context.labels)]
        if let fingerprint = context.secretFingerprint {
            metadata["annotations"] = [Annotations.secretHash: .string(fingerprint)]
        }
        let template: JSONValue = ["metadata": .object(metadata), "spec": pod(context)]
        return context.spec.template.map { StrategicMerge.merge(template, with: $0) } ?? template
    }

    private static func pod(_ context: GatewayContext) -> JSONValue {
        var pod: [String: JSONValue] = [
            "serviceAccountName": .string(context.objectName), "automountServiceAccountToken": true,
            "enableServiceLinks": false, "containers": [container(context)],
            // /ready says no at once, webhooks are taken for 5 s more, and what is under way then has 25 s for each part.
            "terminationGracePeriodSeconds": 60,
            // The image may name another user, or root. The group may read what is mounted.
            "securityContext": [
                "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
                "seccompProfile": ["type": "RuntimeDefault"],
            ],
            "topologySpreadConstraints": .array(
                ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map { spread(context, over: $0) }),
        ]
        let volumes = volumes(context)
        if !volumes.isEmpty { pod["volumes"] = .array(volumes) }
        if let secrets = context.spec.imagePullSecrets {
            pod["imagePullSecrets"] = .array(secrets.map { ["name": .string($0.name)] })
        }
        return .object(pod)
    }

    private static func spread(_ context: GatewayContext, over key: String) -> JSONValue {
        [
            "maxSkew": 1, "topologyKey": .string(key), "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": ["matchLabels": json(context.selectorLabels)],
        ]
    }

    private static func container(_ context: GatewayContext) -> JSONValue {
        let spec = context.spec
        var container: [String: JSONValue] = [
            "name": "gateway", "image": .string(context.image), "args": json(arguments(context)),
            "ports": [
                port("webhook", Port.webhook), port("proxy", Port.proxy), port("health", Port.health),
            ],
            "startupProbe": probe("/health", period: 1, failures: 60),
            "livenessProbe": probe("/health", period: 10, failures: 3),
            "readinessProbe": probe("/ready", period: 2, failures: 2),
            "securityContext": [
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": ["drop": ["ALL"]],
            ],
            "resources": resources(spec.resources),
        ]
        if let policy = spec.imagePullPolicy { container["imagePullPolicy"] = .string(policy.rawValue) }
        if let env = spec.env, !env.isEmpty { container["env"] = .array(env.map { variable($0) }) }
        let mounts = mounts(context)
        if !mounts.isEmpty { container["volumeMounts"] = .array(mounts) }
        return .object(container)
    }

    private static func port(_ name: String, _ number: Int64) -> JSONValue {
        ["name": .string(name), "containerPort": .int(number), "protocol": "TCP"]
    }

    private static func probe(_ path: String, period: Int64, failures: Int64) -> JSONValue {
        [
            "httpGet": ["path": .string(path), "port": "health"], "periodSeconds": .int(period),
            "failureThreshold": .int(failures), "timeoutSeconds": 5,
        ]
    }

    /// Without an amount of CPU there would be nothing that the autoscaler could take a part of.
    private static func resources(_ given: ResourceRequirements?) -> JSONValue {
        guard let given else {
            return ["requests": ["cpu": "100m", "memory": "128Mi"], "limits": ["memory": "512Mi"]]
        }
        func amounts(_ amounts: [String: IntOrString]) -> JSONValue {
            .object(
                amounts.mapValues {
                    switch $0 {
                    // Quantities are text to every server.
                    case .int(let number): .string("\(number)")
                    case .string(let text): .string(text)
                    }
                })
        }
        var resources: [String: JSONValue] = [:]
        if let requests = given.requests { resources["requests"] = amounts(requests) }
        if let limits = given.limits { resources["limits"] = amounts(limits) }
        return .object(resources)
    }

    private static func variable(_ variable: EnvVar) -> JSONValue {
        var value: [String: JSONValue] = ["name": .string(variable.name)]
        if let text = variable.value { value["value"] = .string(text) }
        var source: [String: JSONValue] = [:]
        if let secret = variable.valueFrom?.secretKeyRef { source["secretKeyRef"] = key(secret) }
        if let map = variable.valueFrom?.configMapKeyRef { source["configMapKeyRef"] = key(map) }
        if let field = variable.valueFrom?.fieldRef { source["fieldRef"] = ["fieldPath": .string(field.fieldPath)] }
        if !source.isEmpty { value["valueFrom"] = .object(source) }
        return .object(value)
    }

    private static func key(_ selector: KeySelector) -> JSONValue {
        var key: [String: JSONValue] = ["name": .string(selector.name), "key": .string(selector.key)]
        if let isOptional = selector.optional { key["optional"] = .bool(isOptional) }
        return .object(key)
    }
}
