package import KubernetesTypes

/// `events.k8s.io/v1` Event. Once it is there, the API server lets nothing but `series` be changed.
package struct Event: KubernetesResource, Equatable {
    package static let definition = ResourceDefinition(
        group: "events.k8s.io", version: "v1", kind: "Event", plural: "events")

    package enum Kind: String, Codable, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    /// How often the same happened: present from the second time on.
    package struct Series: Codable, Sendable, Equatable {
        package var count: Int
        /// `metav1.MicroTime`.
        package var lastObservedTime: String

        package init(count: Int, lastObservedTime: String) {
            self.count = count
            self.lastObservedTime = lastObservedTime
        }
    }

    package var metadata: ObjectMeta
    /// `metav1.MicroTime`.
    package var eventTime: String?
    package var series: Series?
    package var reportingController: String?
    package var reportingInstance: String?
    package var action: String?
    package var reason: String?
    package var regarding: ObjectReference?
    package var note: String?
    package var type: Kind?
}
