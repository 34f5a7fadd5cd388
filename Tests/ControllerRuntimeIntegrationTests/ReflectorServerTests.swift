import ControllerRuntime
import Foundation
import JSON
import KubernetesClient
import KubernetesTypes
import Observability
import TestRig
import Testing

@Suite struct ReflectorServerTests {
    private func make(
        _ client: KubernetesClient, in namespace: String, labelSelector: String? = nil,
        settings: ReflectorSettings = .quick(), events: Recorder<StoreEvent<ConfigMap>> = Recorder()
    ) -> (Reflector<ConfigMap>, RecordingListWatcher) {
        let source = RecordingListWatcher(
            inner: KubernetesListWatcher(
                client, ConfigMap.definition, namespace: namespace, labelSelector: labelSelector))
        let reflector = Reflector<ConfigMap>(
            source, kind: "configmaps", settings: settings, logger: .silent,
            transform: { json in
                let object = try JSONDecoder().decode(ConfigMap.self, from: Data(json))
                return (object.key, object.metadata.resourceVersion ?? "", object)
            }, onEvent: { events.note($0) })
        return (reflector, source)
    }

    private func names(_ reflector: Reflector<ConfigMap>) -> Set<String> { Set(reflector.store.keys.map(\.name)) }

    @Test func pagesAreListedAndChangesFollowed() async throws {
        let plane = try await ControlPlane.shared
        let client = try plane.client()
        try await plane.withNamespace { namespace in
            for number in 0..<7 { _ = try await client.create(ConfigMap("c\(number)", in: namespace)) }
            let (reflector, source) = make(
                client, in: namespace,
                settings: .quick {
                    $0.listsFromCache = false
                    $0.pageSize = 3
                })
            try await running(reflector) {
                try await reflector.waitUntilSynced()
                #expect(reflector.store.count == 7)
                #expect(source.lists.all.map { $0.continueToken != nil } == [false, true, true])
                _ = try await client.create(ConfigMap("new", in: namespace))
                let key = ObjectKey(namespace: namespace, name: "c1")
                _ = try await client.patch(ConfigMap.self, key, .merge(["data": ["a": "b"]]))
                try await client.delete(ConfigMap.self, ObjectKey(namespace: namespace, name: "c2"))
                try await eventually("the changes came") {
                    names(reflector) == ["c0", "c1", "c3", "c4", "c5", "c6", "new"]
                        && reflector.store.get(key)?.data == ["a": "b"]
                }
            }
        }
    }

    @Test func aCutConnectionIsResumedWithoutListing() async throws {
        let plane = try await ControlPlane.shared
        let direct = try plane.client()
        let forwarder = try Forwarder(to: plane.port)
        defer { forwarder.close() }
        try await plane.withNamespace { namespace in
            let (reflector, source) = make(try plane.client(through: forwarder.port), in: namespace)
            try await running(reflector) {
                try await reflector.waitUntilSynced()
                for round in 1...3 {
                    try await eventually("a watch stands") { source.watches.all.count >= round }
                    // What happens while nothing gets through must come afterwards.
                    forwarder.setRefusing(true)
                    _ = try await direct.create(ConfigMap("round\(round)", in: namespace))
                    try await eventually("the loss was noticed") { source.failures.all.count >= round }
                    forwarder.setRefusing(false)
                    try await eventually("the change came") { names(reflector).contains("round\(round)") }
                }
                #expect(source.lists.all.count == 1)
                #expect(source.failures.all.allSatisfy { $0.kind == .unreachable })
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func aRestartedServerIsFoundAgainAndWhatVanishedIsDeleted() async throws {
        try await ControlPlane.withOwn { plane in
            let direct = try plane.client()
            let forwarder = try Forwarder(to: plane.port)
            defer { forwarder.close() }
            let events = Recorder<StoreEvent<ConfigMap>>()
            let (reflector, source) = make(
                try plane.client(through: forwarder.port), in: "default", labelSelector: "test=yes", events: events)
            for name in ["kept", "gone"] {
                _ = try await direct.create(ConfigMap(name, in: "default", labels: ["test": "yes"]))
            }
            try await running(reflector) {
                try await reflector.waitUntilSynced()
                try await eventually("the watch stands") { source.watches.all.count == 1 }
                // A server that is simply restarted.
                await plane.stopAPIServer()
                try await eventually("the loss was noticed") { !source.failures.all.isEmpty }
                try await plane.startAPIServer()
                _ = try await direct.create(ConfigMap("after", in: "default", labels: ["test": "yes"]))
                try await eventually("what came afterwards is there") { names(reflector) == ["kept", "gone", "after"] }

                // One that has forgotten the history since: its cache begins at its start.
                forwarder.setRefusing(true)
                events.clear()
                try await direct.delete(ConfigMap.self, ObjectKey(namespace: "default", name: "gone"))
                _ = try await direct.create(ConfigMap("meanwhile", in: "default", labels: ["test": "yes"]))
                await plane.stopAPIServer()
                try await plane.startAPIServer()
                let lists = source.lists.all.count
                forwarder.setRefusing(false)
                try await eventually("the store is right") { names(reflector) == ["kept", "after", "meanwhile"] }
                #expect(source.failures.all.contains { $0.kind == .expired })
                #expect(source.lists.all.count == lists + 1)
                try await eventually("the list was taken up") { events.all.last == .resynced }
                let deleted = events.all.compactMap { event -> String? in
                    if case .deleted(let key, _) = event { key.name } else { nil }
                }
                #expect(deleted == ["gone"])
                #expect(events.all.count == 3, "nothing is told of what did not change: \(events.all)")
            }
        }
    }

    /// etcd itself has forgotten the version: no cache in between.
    @Test(.timeLimit(.minutes(5))) func aCompactedVersionIsListedAgain() async throws {
        try await ControlPlane.withOwn(["--watch-cache=false"]) { plane in
            let direct = try plane.client()
            let forwarder = try Forwarder(to: plane.port)
            defer { forwarder.close() }
            let (reflector, source) = make(
                try plane.client(through: forwarder.port), in: "default", labelSelector: "test=yes")
            _ = try await direct.create(ConfigMap("gone", in: "default", labels: ["test": "yes"]))
            try await running(reflector) {
                try await reflector.waitUntilSynced()
                try await eventually("the watch stands") { source.watches.all.count == 1 }
                forwarder.setRefusing(true)
                try await direct.delete(ConfigMap.self, ObjectKey(namespace: "default", name: "gone"))
                let new = try await direct.create(ConfigMap("new", in: "default", labels: ["test": "yes"]))
                try await plane.compactEtcd(at: try #require(new.metadata.resourceVersion))
                forwarder.setRefusing(false)
                try await eventually("the store is right") { names(reflector) == ["new"] }
                #expect(source.failures.all.contains { $0.kind == .expired })
                #expect(source.lists.all.last?.resourceVersion == nil)
            }
        }
    }

    @Test(.timeLimit(.minutes(3))) func bookmarksAdvanceAnIdleWatch() async throws {
        let plane = try await ControlPlane.shared
        let client = try plane.client()
        try await plane.withNamespace { namespace in
            let (reflector, source) = make(
                client, in: namespace, labelSelector: "matches=nothing", settings: .quick { $0.watchTimeout = 4...4 })
            try await running(reflector) {
                try await reflector.waitUntilSynced()
                try await eventually("a bookmark came and the watch was resumed behind it") {
                    // Somebody else's changes.
                    let name = "noise\(UInt64.random(in: 0 ... .max))"
                    _ = try await client.create(ConfigMap(name, in: namespace))
                    let (watches, bookmarks) = (source.watches.all, Set(source.bookmarks.all))
                    return watches.dropFirst().contains { bookmarks.contains($0.resourceVersion) }
                }
                #expect(source.lists.all.count == 1)
                #expect(source.failures.all.isEmpty, "a time-out of the server is no failure")
                #expect(reflector.store.count == 0)
            }
        }
    }

    @Test func anUnreachableServerAndAMissingKindAreNamed() async throws {
        let plane = try await ControlPlane.shared
        let nobody = try LoopbackPort.free()
        let (unreachable, _) = make(try plane.client(through: nobody), in: "default")
        try await running(unreachable) {
            try await eventually("the server is named") {
                guard case .waiting(let reason) = unreachable.status else { return false }
                return reason.contains("API server unreachable at https://127.0.0.1:\(nobody)")
            }
        }
        let missing = ResourceDefinition(group: "nobody.example.io", version: "v1", kind: "Gadget", plural: "gadgets")
        let optional = Reflector(
            observing: missing, try plane.client(), settings: .quick { $0.isOptional = true }, logger: .silent)
        let required = Reflector(observing: missing, try plane.client(), settings: .quick(), logger: .silent)
        try await running(optional) {
            try await optional.waitUntilSynced()
            #expect(optional.isPresent == false)
            try await running(required) {
                try await eventually("the kind is named") {
                    guard case .waiting(let reason) = required.status else { return false }
                    return reason.contains("CRD not installed") && reason.contains("gadgets.nobody.example.io")
                }
            }
        }
    }
}
