/// `batch/v1.Job`, the part that the platform sets and reads.
package struct Job: KubernetesResource, Equatable {
    package static let definition = ResourceDefinition(group: "batch", version: "v1", kind: "Job", plural: "jobs")

    package var metadata: ObjectMeta
    package var spec: Spec
    package var status: Status?

    package init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }

    package struct Spec: Codable, Sendable, Equatable {
        /// Pods that may fail before the Job does.
        package var backoffLimit: Int?
        /// Seconds after which the Job fails whatever it does.
        package var activeDeadlineSeconds: Int?
        package var template: PodTemplateSpec

        package init(backoffLimit: Int? = nil, activeDeadlineSeconds: Int? = nil, template: PodTemplateSpec) {
            self.backoffLimit = backoffLimit
            self.activeDeadlineSeconds = activeDeadlineSeconds
            self.template = template
        }
    }

    package struct Status: Codable, Sendable, Equatable {
        package var active: Int?
        package var succeeded: Int?
        package var failed: Int?
        package var conditions: [WorkloadCondition]?

        package init() {}
    }
}
