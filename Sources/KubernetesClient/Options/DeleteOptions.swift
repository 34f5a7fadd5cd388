/// How an object is deleted: `metav1.DeleteOptions`.
package struct DeleteOptions: Sendable, Equatable, Encodable {
    package enum PropagationPolicy: String, Sendable, Encodable {
        /// Dependents stay.
        case orphan = "Orphan"
        /// The garbage collector takes the dependents afterwards.
        case background = "Background"
        /// The object stays until its dependents are gone.
        case foreground = "Foreground"
    }

    /// What must hold of the object, or the delete is refused as a conflict.
    package struct Preconditions: Sendable, Equatable, Encodable {
        package var uid: String?
        package var resourceVersion: String?

        package init(uid: String? = nil, resourceVersion: String? = nil) {
            self.uid = uid
            self.resourceVersion = resourceVersion
        }
    }

    package var propagationPolicy: PropagationPolicy?
    package var preconditions: Preconditions?
    package var gracePeriodSeconds: Int?

    package init(
        propagationPolicy: PropagationPolicy? = .background, preconditions: Preconditions? = nil,
        gracePeriodSeconds: Int? = nil
    ) {
        self.propagationPolicy = propagationPolicy
        self.preconditions = preconditions
        self.gracePeriodSeconds = gracePeriodSeconds
    }

    private enum CodingKeys: String, CodingKey {
        case apiVersion, kind, propagationPolicy, preconditions, gracePeriodSeconds
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("v1", forKey: .apiVersion)
        try container.encode("DeleteOptions", forKey: .kind)
        try container.encodeIfPresent(propagationPolicy, forKey: .propagationPolicy)
        try container.encodeIfPresent(preconditions, forKey: .preconditions)
        try container.encodeIfPresent(gracePeriodSeconds, forKey: .gracePeriodSeconds)
    }
}
