/// `metav1.Status`: what the API server answers when it refuses, and what an ERROR event of a watch carries.
package struct Status: Codable, Sendable, Hashable {
    /// "Success" or "Failure".
    package var status: String?
    /// A sentence for people.
    package var message: String?
    /// One word for machines; `nil` when the server gave none.
    package var reason: StatusReason?
    /// The HTTP status code.
    package var code: Int?
    package var details: Details?

    package init(
        status: String? = "Failure", message: String? = nil, reason: StatusReason? = nil, code: Int? = nil,
        details: Details? = nil
    ) {
        self.status = status
        self.message = message
        self.reason = reason
        self.code = code
        self.details = details
    }

    /// What the refusal is about: `metav1.StatusDetails`.
    package struct Details: Codable, Sendable, Hashable {
        package var name: String?
        package var group: String?
        /// The plural name of the resource, or the kind: servers send both.
        package var kind: String?
        package var uid: String?
        /// The fields at fault, or the managers in conflict.
        package var causes: [Cause]?
        /// How long to wait before asking again, seconds.
        package var retryAfterSeconds: Int?

        package init(
            name: String? = nil, group: String? = nil, kind: String? = nil, uid: String? = nil,
            causes: [Cause]? = nil, retryAfterSeconds: Int? = nil
        ) {
            self.name = name
            self.group = group
            self.kind = kind
            self.uid = uid
            self.causes = causes
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    /// `metav1.StatusCause`.
    package struct Cause: Codable, Sendable, Hashable {
        /// "FieldValueRequired", "FieldManagerConflict" and so on.
        package var reason: String?
        package var message: String?
        /// The field's path: "spec.replicas", ".data.key".
        package var field: String?

        package init(reason: String? = nil, message: String? = nil, field: String? = nil) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }
}
