import Foundation
import JSON
import KubernetesClient
import KubernetesTypes
import TestRig
import Testing

@Suite struct ObjectTests {
    @Test func createsReadsReplacesAndDeletes() async throws {
        try await withClient { client, namespace in
            let key = ObjectKey(namespace: namespace, name: "a.b")
            #expect(try await client.find(ConfigMap.self, key) == nil)
            let made = try await client.create(ConfigMap("a.b", in: namespace, data: ["k": "v"]), fieldManager: "t")
            #expect(made.metadata.uid?.isEmpty == false)
            var read = try await client.get(ConfigMap.self, key)
            #expect(read == made)

            read.data = ["k": "w"]
            let replaced = try await client.replace(read)
            #expect(replaced.data == ["k": "w"])
            // With the resourceVersion of before.
            let stale = try #require(await error { _ = try await client.replace(read) })
            #expect(stale.isConflict)
            #expect(!stale.isRetriable)

            let taken = try #require(await error { _ = try await client.create(ConfigMap("a.b", in: namespace)) })
            #expect(taken.isAlreadyExists)
            #expect(taken.message.contains("a.b"))

            let wrong = DeleteOptions(preconditions: .init(uid: "no"))
            let refused = try #require(await error { try await client.delete(ConfigMap.self, key, options: wrong) })
            #expect(refused.isConflict)
            let right = DeleteOptions(
                preconditions: .init(uid: made.metadata.uid, resourceVersion: replaced.metadata.resourceVersion),
                gracePeriodSeconds: 0)
            try await client.delete(ConfigMap.self, key, options: right)
            let gone = try #require(await error { _ = try await client.get(ConfigMap.self, key) })
            #expect(gone.isNotFound)
            #expect(gone.status?.details?.name == "a.b")
            #expect(try #require(await error { try await client.delete(ConfigMap.self, key) }).isNotFound)
        }
    }

    @Test func makesUpNamesAndDriesRuns() async throws {
        try await withClient { client, namespace in
            var object = ConfigMap("x", in: namespace)
            object.metadata.name = nil
            object.metadata.generateName = "gen-"
            let made = try await client.create(object)
            #expect(made.metadata.name?.hasPrefix("gen-") == true)
            _ = try await client.create(ConfigMap("dry", in: namespace), dryRun: true)
            #expect(try await client.find(ConfigMap.self, ObjectKey(namespace: namespace, name: "dry")) == nil)
        }
    }

    @Test func readsClusterScopedObjects() async throws {
        try await withClient { client, namespace in
            let read = try await client.get(Namespace.self, ObjectKey(namespace: nil, name: namespace))
            #expect(read.metadata.name == namespace)
        }
    }

    @Test func secretsKeepTheirBytes() async throws {
        try await withClient { client, namespace in
            let secret = Secret(
                metadata: ObjectMeta(name: "s", namespace: namespace), data: ["t": .init([0, 255, 10])])
            #expect(try await client.create(secret).data == secret.data)
            let page = try await client.list(Secret.self, namespace: namespace)
            #expect(page.items.map(\.data) == [secret.data])
        }
    }

    @Test func patches() async throws {
        try await withClient { client, namespace in
            let key = ObjectKey(namespace: namespace, name: "p")
            _ = try await client.create(ConfigMap("p", in: namespace, data: ["a": "1", "b": "2"]))
            let merged = try await client.patch(
                ConfigMap.self, key, .merge(["data": ["a": nil, "c": "3"]]), fieldManager: "m")
            #expect(merged.data == ["b": "2", "c": "3"])
            let path = JSONPatchOperation.pointer(["metadata", "annotations"])
            let slashed = JSONPatchOperation.pointer(["metadata", "annotations", "x.io/y"])
            let patched = try await client.patch(
                ConfigMap.self, key,
                .json([
                    .test(path: "/data/b", value: "2"), .remove(path: "/data/b"), .add(path: path, value: [:]),
                    .add(path: slashed, value: "1"), .copy(from: "/data/c", path: "/data/d"),
                    .replace(path: "/data/c", value: "4"),
                ]))
            #expect(patched.data == ["c": "4", "d": "3"])
            #expect(patched.metadata.annotations?["x.io/y"] == "1")
            let failed = try #require(
                await error {
                    _ = try await client.patch(ConfigMap.self, key, .json([.test(path: "/data/c", value: "9")]))
                })
            #expect(failed.isInvalid)
        }
    }

    @Test func invalidObjectsAreRefusedWithTheirFields() async throws {
        try await withClient { client, namespace in
            let bad = try #require(await error { _ = try await client.create(ConfigMap("Not_A_Name", in: namespace)) })
            #expect(bad.isInvalid)
            #expect(bad.status?.details?.causes?.first?.field == "metadata.name")
            #expect(!bad.isRetriable)
        }
    }

    @Test func namesThatWouldChangeThePathAreRefused() async throws {
        try await withClient { client, namespace in
            for name in ["", ".", "..", "a/b"] {
                let key = ObjectKey(namespace: namespace, name: name)
                #expect(await error { try await client.delete(ConfigMap.self, key) }?.code == .configuration)
            }
            let nowhere = ObjectKey(namespace: nil, name: "x")
            #expect(await error { _ = try await client.get(ConfigMap.self, nowhere) }?.code == .configuration)
        }
    }
}
