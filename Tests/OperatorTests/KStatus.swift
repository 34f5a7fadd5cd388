import KubernetesTypes

/// What `kubectl wait`-like tools, Flux and `kpt` make of a custom resource: the generic rules of kstatus, as
/// https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md describes them. The type-specific rules
/// are for kinds of Kubernetes itself.
enum KStatus: String {
    case inProgress = "InProgress"
    case failed = "Failed"
    case current = "Current"
    case terminating = "Terminating"

    /// - Parameters:
    ///   - metadata: of which the generation and the deletion count.
    ///   - observedGeneration: as in the status.
    ///   - conditions: as in the status, in their order.
    init(metadata: ObjectMeta, observedGeneration: Int64?, conditions: [Condition]) {
        let abnormal = conditions.first { ["Reconciling", "Stalled"].contains($0.type) && $0.status == .true }
        if metadata.deletionTimestamp?.isEmpty == false {
            self = .terminating
        } else if let generation = metadata.generation, let observedGeneration, observedGeneration != generation {
            self = .inProgress
        } else if let abnormal {
            // The first of the two that the list has decides.
            self = abnormal.type == "Stalled" ? .failed : .inProgress
        } else if let ready = conditions.first(where: { $0.type == "Ready" }) {
            self = ready.status == .true ? .current : .inProgress
        } else {
            // Nothing is known against it.
            self = .current
        }
    }
}
