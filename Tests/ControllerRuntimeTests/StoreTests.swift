import ControllerRuntime
import KubernetesTypes
import Testing

@testable import ControllerRuntime

@Suite struct StoreTests {
    private let a = ObjectKey(namespace: "n", name: "a")
    private let b = ObjectKey(namespace: "n", name: "b")

    @Test func theSameVersionIsNoChange() {
        let store = Store<String>()
        guard case .changed(old: nil) = store.upsert(a, resourceVersion: "1", "one") else {
            Issue.record("a new object must be a change")
            return
        }
        guard case .unchanged = store.upsert(a, resourceVersion: "1", "one again") else {
            Issue.record("the same version must be none")
            return
        }
        #expect(store.get(a) == "one")
        guard case .changed(old: "one") = store.upsert(a, resourceVersion: "2", "two") else {
            Issue.record("another version must be a change with the old value")
            return
        }
        #expect(store.resourceVersion(of: a) == "2")
        #expect(store.remove(a) == "two")
        #expect(store.remove(a) == nil)
        #expect(store.count == 0)
    }

    @Test func indicesFollowTheValues() {
        let store = Store(indices: [StoreIndex<[String]>("secret") { _, secrets in secrets }])
        _ = store.upsert(a, resourceVersion: "1", ["x", "y"])
        _ = store.upsert(b, resourceVersion: "2", ["y"])
        #expect(Set(store.keys(in: "secret", at: "y")) == [a, b])
        _ = store.upsert(a, resourceVersion: "3", ["x", "z"])
        #expect(store.keys(in: "secret", at: "y") == [b])
        #expect(store.keys(in: "secret", at: "z") == [a])
        _ = store.remove(a)
        #expect(store.keys(in: "secret", at: "x").isEmpty)
    }

    @Test func waitingEndsWhenSyncedOrCancelled() async throws {
        let store = Store<String>()
        let cancelled = Task { try await store.waitUntilSynced() }
        let waiting = Task { try await store.waitUntilSynced() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(!store.isSynced)
        #expect(store.markSynced())
        #expect(!store.markSynced())
        try await waiting.value
        try await store.waitUntilSynced()
    }
}
