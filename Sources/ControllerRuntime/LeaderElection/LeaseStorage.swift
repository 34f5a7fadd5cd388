package import KubernetesClient
package import KubernetesTypes

/// Where a lease is kept.
package protocol LeaseStorage: Sendable {
    /// `nil` when there is none.
    func read(_ key: ObjectKey) async throws -> Lease?
    /// - Throws: ``LeaseConflict`` when there is one already.
    func create(_ lease: Lease) async throws -> Lease
    /// - Throws: ``LeaseConflict`` when it no longer has the resourceVersion of `lease`.
    func replace(_ lease: Lease) async throws -> Lease
}

/// Somebody else wrote the lease.
package struct LeaseConflict: Error, Sendable {
    package init() {}
}

/// Leases on an API server.
package struct KubernetesLeaseStorage: LeaseStorage {
    private let client: KubernetesClient

    package init(_ client: KubernetesClient) {
        self.client = client
    }

    package func read(_ key: ObjectKey) async throws -> Lease? {
        try await client.find(Lease.self, key)
    }

    package func create(_ lease: Lease) async throws -> Lease {
        do {
            return try await client.create(lease)
        } catch let error as KubernetesError where error.isAlreadyExists {
            throw LeaseConflict()
        }
    }

    package func replace(_ lease: Lease) async throws -> Lease {
        do {
            return try await client.replace(lease)
        } catch let error as KubernetesError where error.isConflict || error.isNotFound {
            throw LeaseConflict()
        }
    }
}
