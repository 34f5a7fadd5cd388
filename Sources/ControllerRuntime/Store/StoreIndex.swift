package import KubernetesTypes

/// A way to find objects by something else than their name: "which bots reference this Secret".
package struct StoreIndex<Value: Sendable>: Sendable {
    /// What ``Store/keys(in:at:)`` calls it.
    package let name: String
    /// The entries under which an object is found.
    package let entries: @Sendable (ObjectKey, Value) -> [String]

    package init(_ name: String, entries: @escaping @Sendable (ObjectKey, Value) -> [String]) {
        self.name = name
        self.entries = entries
    }
}
