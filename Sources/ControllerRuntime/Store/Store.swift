package import KubernetesTypes

import Concurrency

/// What a reflector knows of the objects of one kind: a value made from each, not the object. Any thread may read.
package final class Store<Value: Sendable>: Sendable {
    /// A class, because a table has room for more entries than it holds: with thousands of large values in it that is much.
    private final class Entry: Sendable {
        let resourceVersion: String
        let value: Value

        init(resourceVersion: String, value: Value) {
            self.resourceVersion = resourceVersion
            self.value = value
        }
    }

    private struct State: Sendable {
        var entries: [ObjectKey: Entry] = [:]
        var indices: [String: [String: Set<ObjectKey>]] = [:]
        var isSynced = false
        var waiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]
        var nextWaiter: UInt64 = 0
        var cancelled: Set<UInt64> = []
    }

    private let state: Locked<State>
    private let indexers: [StoreIndex<Value>]

    /// - Parameter indices: further ways to find objects.
    package init(indices: [StoreIndex<Value>] = []) {
        indexers = indices
        var state = State()
        for index in indices { state.indices[index.name] = [:] }
        self.state = Locked(state)
    }

    /// The value of the object of this name; `nil` when there is none (or none is known yet: see ``isSynced``).
    package func get(_ key: ObjectKey) -> Value? {
        state.withLock { $0.entries[key]?.value }
    }

    /// The resourceVersion that ``get(_:)`` is of.
    package func resourceVersion(of key: ObjectKey) -> String? {
        state.withLock { $0.entries[key]?.resourceVersion }
    }

    /// All objects, in no order.
    package var all: [(key: ObjectKey, value: Value)] {
        state.withLock { state in state.entries.map { (key: $0.key, value: $0.value.value) } }
    }

    /// The names of all objects, in no order.
    package var keys: [ObjectKey] {
        state.withLock { Array($0.entries.keys) }
    }

    package var count: Int {
        state.withLock { $0.entries.count }
    }

    /// The names of the objects found under `entry` of the index `index`, in no order. The index must be one of those
    /// the store was made with.
    package func keys(in index: String, at entry: String) -> [ObjectKey] {
        state.withLock { state in
            guard let entries = state.indices[index] else { preconditionFailure("the store has no index \(index)") }
            return Array(entries[entry] ?? [])
        }
    }

    /// Whether a whole list was taken up: what is not here is not in the cluster (or very new).
    package var isSynced: Bool {
        state.withLock { $0.isSynced }
    }

    /// Returns once ``isSynced``; throws `CancellationError` when the task is cancelled before.
    package func waitUntilSynced() async throws {
        let id = state.withLock { state -> UInt64 in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let isSynced = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if state.isSynced { return true }
                    if state.cancelled.contains(id) { return false }
                    state.waiters[id] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                state.cancelled.insert(id)
                return state.waiters.removeValue(forKey: id)
            }
            waiter?.resume(returning: false)
        }
        state.withLock { _ = $0.cancelled.remove(id) }
        if !isSynced { throw CancellationError() }
    }

    // What follows is for the one reflector that writes.

    /// Takes a version of an object. Answers `nil` when the store holds this very version, else what it held before.
    func upsert(_ key: ObjectKey, resourceVersion: String, _ value: Value) -> Upsert {
        state.withLock { state in
            let old = state.entries[key]
            if let old, !resourceVersion.isEmpty, old.resourceVersion == resourceVersion { return .unchanged }
            state.entries[key] = Entry(resourceVersion: resourceVersion, value: value)
            reindex(&state, key, old: old?.value, new: value)
            return .changed(old: old?.value)
        }
    }

    /// What ``upsert(_:resourceVersion:_:)`` found.
    enum Upsert: Sendable {
        case unchanged
        case changed(old: Value?)
    }

    /// Forgets an object. Answers its last value.
    func remove(_ key: ObjectKey) -> Value? {
        state.withLock { state in
            guard let old = state.entries.removeValue(forKey: key) else { return nil }
            reindex(&state, key, old: old.value, new: nil)
            return old.value
        }
    }

    /// Says that a whole list was taken up. Answers whether that is news.
    @discardableResult
    func markSynced() -> Bool {
        let (isNews, waiters) = state.withLock { state in
            defer {
                state.isSynced = true
                state.waiters = [:]
            }
            return (!state.isSynced, Array(state.waiters.values))
        }
        for waiter in waiters { waiter.resume(returning: true) }
        return isNews
    }

    private func reindex(_ state: inout State, _ key: ObjectKey, old: Value?, new: Value?) {
        for index in indexers {
            let before = old.map { index.entries(key, $0) } ?? []
            let after = new.map { index.entries(key, $0) } ?? []
            if before == after { continue }
            for entry in before {
                state.indices[index.name]?[entry]?.remove(key)
                if state.indices[index.name]?[entry]?.isEmpty == true { state.indices[index.name]?[entry] = nil }
            }
            for entry in after { state.indices[index.name]?[entry, default: []].insert(key) }
        }
    }
}
