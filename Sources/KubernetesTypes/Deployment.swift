/// `apps/v1.Deployment`, the part that the platform sets and reads.
package struct Deployment: KubernetesResource, Equatable {
    package static let definition = ResourceDefinition(
        group: "apps", version: "v1", kind: "Deployment", plural: "deployments")

    package var metadata: ObjectMeta
    package var spec: Spec
    package var status: Status?

    package init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }

    package struct Spec: Codable, Sendable, Equatable {
        package var replicas: Int?
        package var selector: LabelSelector
        package var template: PodTemplateSpec
        package var revisionHistoryLimit: Int?
        /// For how long a pod must have been ready to count as available.
        package var minReadySeconds: Int?

        package init(
            replicas: Int? = nil, selector: LabelSelector, template: PodTemplateSpec, revisionHistoryLimit: Int? = nil
        ) {
            self.replicas = replicas
            self.selector = selector
            self.template = template
            self.revisionHistoryLimit = revisionHistoryLimit
        }
    }

    package struct Status: Codable, Sendable, Equatable {
        package var observedGeneration: Int64?
        package var replicas: Int?
        package var readyReplicas: Int?
        package var updatedReplicas: Int?
        package var availableReplicas: Int?
        package var conditions: [WorkloadCondition]?

        package init() {}
    }
}

/// `metav1.LabelSelector`, the part that the platform sets.
package struct LabelSelector: Codable, Sendable, Hashable {
    package var matchLabels: [String: String]

    package init(matchLabels: [String: String]) { self.matchLabels = matchLabels }
}

/// A condition of a workload or of a ScaledObject: older than `metav1.Condition`, all but type and status optional.
package struct WorkloadCondition: Codable, Sendable, Hashable {
    package var type: String
    package var status: String
    package var reason: String?
    package var message: String?
}
