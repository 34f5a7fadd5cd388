package import KubernetesTypes

/// `coordination.k8s.io/v1` Lease.
package struct Lease: KubernetesResource, Equatable {
    package static let definition = ResourceDefinition(
        group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases")

    /// `LeaseSpec`.
    package struct Spec: Codable, Sendable, Equatable {
        /// Empty or absent: nobody.
        package var holderIdentity: String?
        /// How long others wait after a change of the record before they take it.
        package var leaseDurationSeconds: Int?
        /// `metav1.MicroTime`; for people, decisions do not use it.
        package var acquireTime: String?
        /// `metav1.MicroTime`; for people, decisions do not use it.
        package var renewTime: String?
        /// How often the holder changed.
        package var leaseTransitions: Int?

        package init(
            holderIdentity: String? = nil, leaseDurationSeconds: Int? = nil, acquireTime: String? = nil,
            renewTime: String? = nil, leaseTransitions: Int? = nil
        ) {
            self.holderIdentity = holderIdentity
            self.leaseDurationSeconds = leaseDurationSeconds
            self.acquireTime = acquireTime
            self.renewTime = renewTime
            self.leaseTransitions = leaseTransitions
        }
    }

    package var metadata: ObjectMeta
    package var spec: Spec

    package init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }
}
