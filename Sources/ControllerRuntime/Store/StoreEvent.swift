package import KubernetesTypes

/// What a reflector tells of a change to its store, after the change.
package enum StoreEvent<Value: Sendable>: Sendable {
    /// The object is new, or another version of it came. `old` is what the store held.
    case upserted(ObjectKey, Value, old: Value?)
    /// The object is gone; the value is the last that was seen.
    case deleted(ObjectKey, Value)
    /// A list was taken up whole: the store shows the cluster as it was not long ago. The first one means synced. Also
    /// told when an optional kind turns out to be absent: see ``Reflector/isPresent``.
    case resynced
}

extension StoreEvent: Equatable where Value: Equatable {}
