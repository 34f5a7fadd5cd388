/// `metav1.ListMeta`: where a list stands.
package struct ListMeta: Codable, Sendable, Hashable {
    /// The state of the cluster that the list shows; a watch goes on from here. Opaque.
    package var resourceVersion: String?
    /// Present when more pages follow; goes into the next request unchanged.
    package var `continue`: String?
    /// How many items the pages to come hold; not always known.
    package var remainingItemCount: Int64?

    package init(resourceVersion: String? = nil, continue: String? = nil, remainingItemCount: Int64? = nil) {
        self.resourceVersion = resourceVersion
        self.continue = `continue`
        self.remainingItemCount = remainingItemCount
    }

    /// The token of the next page; `nil` on the last one (where servers may send an empty string).
    package var continueToken: String? { `continue`.flatMap { $0.isEmpty ? nil : $0 } }
}
