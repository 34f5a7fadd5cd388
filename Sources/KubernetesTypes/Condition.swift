/// `metav1.Condition`.
package struct Condition: Codable, Sendable, Hashable {
    /// "True", "False" or "Unknown".
    package enum Status: String, Codable, Sendable, CaseIterable {
        case `true` = "True"
        case `false` = "False"
        case unknown = "Unknown"
    }

    package var type: String
    package var status: Status
    /// One CamelCase word for machines; never empty.
    package var reason: String
    /// A sentence for people: names the thing and the next step.
    package var message: String
    /// The generation of the spec that this was said of.
    package var observedGeneration: Int64?
    /// RFC 3339; changes only when `status` does.
    package var lastTransitionTime: String

    package init(
        type: String, status: Status, reason: String, message: String, observedGeneration: Int64? = nil,
        lastTransitionTime: String
    ) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.observedGeneration = observedGeneration
        self.lastTransitionTime = lastTransitionTime
    }
}
