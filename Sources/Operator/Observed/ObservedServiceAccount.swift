import KubernetesTypes

/// What the operator keeps of a ServiceAccount.
struct ObservedServiceAccount: Sendable, Equatable {
    let digest: LeafDigest

    init(json: [UInt8]) throws { digest = try LeafDigest(json: json) }
}
