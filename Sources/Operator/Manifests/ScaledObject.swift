import KubernetesTypes

/// Annotations that KEDA reads from a ScaledObject.
enum KEDAAnnotation {
    /// Scales to this number, and no further, while it is there.
    static let pausedReplicas = "autoscaling.keda.sh/paused-replicas"
    /// "true": stops scaling.
    static let paused = "autoscaling.keda.sh/paused"
    /// "true": active, and so awake, whatever the triggers say.
    static let forceActivation = "autoscaling.keda.sh/force-activation"
}

/// `keda.sh/v1alpha1.ScaledObject`, the part that the platform sets and reads.
struct ScaledObject: KubernetesResource, Equatable {
    static let definition = ResourceDefinition(
        group: "keda.sh", version: "v1alpha1", kind: "ScaledObject", plural: "scaledobjects")

    var metadata: ObjectMeta
    var spec: Spec
    var status: Status?

    init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }

    struct Spec: Codable, Sendable, Equatable {
        var scaleTargetRef: Target
        var pollingInterval: Int
        var cooldownPeriod: Int
        var minReplicaCount: Int
        var maxReplicaCount: Int
        var advanced: Advanced
        var triggers: [Trigger]
    }

    struct Target: Codable, Sendable, Equatable {
        var apiVersion: String
        var kind: String
        var name: String
    }

    struct Advanced: Codable, Sendable, Equatable {
        struct ScalingModifiers: Codable, Sendable, Equatable {}

        var scalingModifiers = ScalingModifiers()
        var horizontalPodAutoscalerConfig: AutoscalerConfig
    }

    struct AutoscalerConfig: Codable, Sendable, Equatable {
        var behavior: Behavior
    }

    struct Behavior: Codable, Sendable, Equatable {
        var scaleUp: Rules
        var scaleDown: Rules
    }

    struct Rules: Codable, Sendable, Equatable {
        var stabilizationWindowSeconds: Int
        var selectPolicy: String
        var policies: [Policy]
    }

    struct Policy: Codable, Sendable, Equatable {
        var type: String
        var value: Int
        var periodSeconds: Int
    }

    struct Trigger: Codable, Sendable, Equatable {
        var type: String
        var name: String
        var metricType: String
        /// Values are strings, numbers and booleans too.
        var metadata: [String: String]
        /// A TriggerAuthentication of the same namespace.
        var authenticationRef: AuthenticationReference?
    }

    struct AuthenticationReference: Codable, Sendable, Equatable {
        var name: String
    }

    struct Status: Codable, Sendable, Equatable {
        var conditions: [WorkloadCondition]?
    }
}
