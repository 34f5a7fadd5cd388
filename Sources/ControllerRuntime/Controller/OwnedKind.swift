package import KubernetesTypes

/// A kind whose changes let a controller look at objects of its own: one that the controller makes, or one that its
/// objects refer to.
package struct OwnedKind: Sendable {
    let source: any WatchSource
    /// Lets the source call what it is given with the keys to be looked at.
    let connect: @Sendable (_ enqueue: @escaping @Sendable (ObjectKey) -> Void) -> Void

    /// Objects of `reflector` concern the keys that `keys` makes of them; the keys of a changed object's old value are
    /// looked at too.
    ///
    /// - Parameters:
    ///   - filter: whether a change matters; `old` is `nil` for an object that is new. All do unless given.
    ///   - keys: which of the controller's objects it concerns: by the index of a store, for example.
    package init<Value: Sendable>(
        _ reflector: Reflector<Value>,
        filter: @escaping @Sendable (_ old: Value?, _ new: Value) -> Bool = { _, _ in true },
        keys: @escaping @Sendable (ObjectKey, Value) -> [ObjectKey]
    ) {
        source = reflector
        connect = { enqueue in
            reflector.addHandler { event in
                switch event {
                case .upserted(let key, let new, let old):
                    guard filter(old, new) else { return }
                    var all = keys(key, new)
                    if let old { all += keys(key, old).filter { !all.contains($0) } }
                    all.forEach(enqueue)
                case .deleted(let key, let value): keys(key, value).forEach(enqueue)
                case .resynced: break
                }
            }
        }
    }

    /// Objects of `reflector` say themselves whose they are.
    package init(
        _ reflector: Reflector<ObservedObject>, owner: OwnerMapping,
        filter: @escaping @Sendable (_ old: ObservedObject?, _ new: ObservedObject) -> Bool = { _, _ in true }
    ) {
        self.init(reflector, filter: filter) { _, object in owner.owners(of: object) }
    }
}
