/// A version of the API group `policy`.
package protocol PolicyVersion: Sendable {
    static var name: String { get }
}

/// `policy/v1`: from Kubernetes 1.21 on.
package enum PolicyV1: PolicyVersion {
    package static let name = "v1"
}

/// `policy/v1beta1`: until Kubernetes 1.24.
package enum PolicyV1Beta1: PolicyVersion {
    package static let name = "v1beta1"
}

/// `PodDisruptionBudget`, the part that the platform sets: it is the same in all versions.
package struct PodDisruptionBudget<Version: PolicyVersion>: KubernetesResource, Equatable {
    package static var definition: ResourceDefinition {
        ResourceDefinition(
            group: "policy", version: Version.name, kind: "PodDisruptionBudget", plural: "poddisruptionbudgets")
    }

    package var metadata: ObjectMeta
    package var spec: PodDisruptionBudgetSpec

    package init(metadata: ObjectMeta, spec: PodDisruptionBudgetSpec) {
        self.metadata = metadata
        self.spec = spec
    }
}

/// `policy/v1.PodDisruptionBudgetSpec`.
package struct PodDisruptionBudgetSpec: Codable, Sendable, Equatable {
    /// Absent: no pod.
    package var selector: LabelQuery?
    /// How many (or what part) of the pods must stay. Excludes ``maxUnavailable``.
    package var minAvailable: IntOrString?
    /// How many (or what part) of the pods may be away at a time.
    package var maxUnavailable: IntOrString?
    /// "AlwaysAllow": pods that are not ready may be evicted whatever the others do. Known to servers from 1.26 on, and
    /// on by default from 1.27.
    package var unhealthyPodEvictionPolicy: String?

    package init(
        selector: LabelQuery?, minAvailable: IntOrString? = nil, maxUnavailable: IntOrString? = nil,
        unhealthyPodEvictionPolicy: String? = nil
    ) {
        self.selector = selector
        self.minAvailable = minAvailable
        self.maxUnavailable = maxUnavailable
        self.unhealthyPodEvictionPolicy = unhealthyPodEvictionPolicy
    }
}
