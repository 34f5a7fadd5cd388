package import KubernetesTypes

/// One page of a list whose items nobody has decoded.
package struct RawList: Sendable, Equatable {
    package let metadata: ListMeta
    /// The JSON of each item; without `apiVersion` and `kind`.
    package let items: [[UInt8]]

    package init(metadata: ListMeta, items: [[UInt8]]) {
        self.metadata = metadata
        self.items = items
    }
}
