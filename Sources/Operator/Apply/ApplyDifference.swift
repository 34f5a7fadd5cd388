import KubernetesTypes

/// What is between an object as it is wanted and as it is. Pure.
struct ApplyDifference {
    enum Kind: Sendable, Equatable {
        case none
        /// There is no object, or another wish was applied last.
        case wish
        /// The same wish was applied before: the difference is somebody else's.
        case drift
    }

    let kind: Kind
    /// The wanted object with apiVersion, kind and its fingerprint, as it is applied.
    let json: [UInt8]
    let digest: LeafDigest

    /// - Parameter observed: the digest of the object as it is; `nil` when there is none.
    init<Object: KubernetesResource>(_ wanted: Object, observed: LeafDigest?) throws {
        try self.init(json: Applier.stamped(wanted), observed: observed) { try Applier.stamp(of: wanted) }
    }

    /// - Parameter observed: the digest of the object as it is; `nil` when there is none.
    init(_ wanted: StatedObject, observed: LeafDigest?) throws {
        try self.init(json: Applier.stamped(wanted), observed: observed) { try Applier.stamp(of: wanted) }
    }

    private init(json: [UInt8], observed: LeafDigest?, stamp: () throws -> LeafDigest) throws {
        self.json = json
        digest = try LeafDigest(json: json)
        guard let observed else {
            kind = .wish
            return
        }
        if observed.contains(digest) {
            kind = .none
        } else {
            kind = observed.contains(try stamp()) ? .drift : .wish
        }
    }
}
