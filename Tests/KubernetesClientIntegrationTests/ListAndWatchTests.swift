import Concurrency
import JSON
import KubernetesClient
import KubernetesTypes
import TestRig
import Testing

@Suite struct ListAndWatchTests {
    @Test func listsPageByPage() async throws {
        try await withClient { client, namespace in
            for index in 0..<7 {
                let label = index % 2 == 0 ? "even" : "odd"
                _ = try await client.create(ConfigMap("c\(index)", in: namespace, labels: ["p": label]))
            }
            let first = try await client.list(
                ConfigMap.self, namespace: namespace, options: ListOptions(limit: 3))
            #expect(first.items.map(\.metadata.name) == ["c0", "c1", "c2"])
            #expect(first.metadata.remainingItemCount == 4)
            let second = try await client.list(
                ConfigMap.self, namespace: namespace,
                options: ListOptions(limit: 3, continueToken: first.metadata.continueToken))
            #expect(second.items.map(\.metadata.name) == ["c3", "c4", "c5"])
            #expect(second.metadata.resourceVersion == first.metadata.resourceVersion)

            let all = try await client.listAll(ConfigMap.self, namespace: namespace, pageSize: 2)
            #expect(all.items.count == 7)
            #expect(all.metadata.continueToken == nil)
            let even = try await client.listAll(
                ConfigMap.self, namespace: namespace, options: ListOptions(labelSelector: "p=even,p!=odd"), pageSize: 3)
            #expect(even.items.count == 4)
            let one = try await client.list(
                ConfigMap.self, namespace: namespace, options: ListOptions(fieldSelector: "metadata.name=c5"))
            #expect(one.items.map(\.key) == [ObjectKey(namespace: namespace, name: "c5")])

            var pages: [Int] = []
            let metadata = try await client.rawListAll(
                ConfigMap.definition, namespace: namespace, pageSize: 3, restart: { pages = [] },
                page: { items in pages.append(items.count) })
            #expect(pages == [3, 3, 1])
            #expect(metadata.resourceVersion?.isEmpty == false)
            let everywhere = try await client.rawList(ConfigMap.definition)
            #expect(everywhere.items.count >= 7)
        }
    }

    @Test func aBrokenContinueTokenIsTold() async throws {
        try await withClient { client, namespace in
            let refused = try #require(
                await error {
                    _ = try await client.list(
                        ConfigMap.self, namespace: namespace, options: ListOptions(limit: 1, continueToken: "x"))
                })
            #expect(refused.reason == .badRequest)
        }
    }

    @Test func watchesChanges() async throws {
        try await withClient { client, namespace in
            let list = try await client.list(ConfigMap.self, namespace: namespace)
            let stream = try await client.watch(
                ConfigMap.self, namespace: namespace,
                options: WatchOptions(resourceVersion: list.metadata.resourceVersion, timeoutSeconds: 60))
            let key = ObjectKey(namespace: namespace, name: "w")
            let made = try await client.create(ConfigMap("w", in: namespace, data: ["k": "é\n"]))
            let changed = try await client.patch(ConfigMap.self, key, .merge(["data": ["k": "2"]]))
            try await client.delete(ConfigMap.self, key)

            var events: [WatchEvent<ConfigMap>] = []
            for try await event in stream {
                events.append(event)
                if case .deleted = event { break }
            }
            #expect(events.count == 3)
            #expect(events.first == .added(made))
            #expect(events.dropFirst().first == .modified(changed))
        }
    }

    @Test func theServerEndsAWatchAndBookmarksIt() async throws {
        try await withClient { client, namespace in
            _ = try await client.create(ConfigMap("a", in: namespace))
            let stream = try await client.watch(
                ConfigMap.self, namespace: namespace, options: WatchOptions(timeoutSeconds: 4))
            var bookmark: String?
            var added: [String] = []
            for try await event in stream {
                switch event {
                case .bookmark(let version): bookmark = version
                case .added(let object): added.append(object.metadata.name ?? "")
                case .modified, .deleted: break
                }
            }
            // Getting here shows that the server's end of a watch is the stream's end. A bookmark is sent 2 s before.
            #expect(added.contains("a"))
            let version = try #require(bookmark)
            let resumed = try await client.watch(
                ConfigMap.self, namespace: namespace,
                options: WatchOptions(resourceVersion: version, timeoutSeconds: 60))
            let made = try await client.create(ConfigMap("b", in: namespace))
            let first = try await resumed.first { _ in true }
            #expect(first == .added(made))
        }
    }

    @Test func silenceEndsAWatch() async throws {
        try await withClient { client, namespace in
            let list = try await client.list(ConfigMap.self, namespace: namespace)
            let stream = try await client.watch(
                ConfigMap.self, namespace: namespace,
                options: WatchOptions(
                    resourceVersion: list.metadata.resourceVersion, allowBookmarks: false, timeoutSeconds: 300,
                    idleTimeout: .seconds(1)))
            let count = try await withTimeout(.seconds(60), "the end of a silent watch") {
                try await stream.reduce(0) { count, _ in count + 1 }
            }
            #expect(count == 0)
        }
    }

    @Test func aTooOldVersionIsExpired() async throws {
        let plane = try await ControlPlane.start(extraAPIServerArguments: ["--watch-cache=false"])
        do {
            let client = try plane.client()
            let old = try await client.create(ConfigMap("o", in: "default")).metadata.resourceVersion
            for index in 0..<5 { _ = try await client.create(ConfigMap("o\(index)", in: "default")) }
            let page = try await client.list(ConfigMap.self, namespace: "default", options: ListOptions(limit: 2))
            let current = try #require(page.metadata.resourceVersion)
            try await plane.compactEtcd(at: try #require(Int(current)))
            for index in 5..<8 { _ = try await client.create(ConfigMap("o\(index)", in: "default")) }
            try await plane.compactEtcd(at: try #require(Int(current)) + 2)

            let options = WatchOptions(resourceVersion: old, timeoutSeconds: 30)
            let expired = try #require(
                await error {
                    for try await _ in try await client.watch(ConfigMap.self, namespace: "default", options: options) {}
                })
            #expect(expired.isExpired)
            #expect(!expired.isRetriable)
            // The token of a page whose version is gone.
            let stale = try #require(
                await error {
                    _ = try await client.list(
                        ConfigMap.self, namespace: "default",
                        options: ListOptions(limit: 2, continueToken: page.metadata.continueToken))
                })
            #expect(stale.isExpired)
            await client.shutdown()
        } catch {
            await plane.stop()
            throw error
        }
        await plane.stop()
    }

    @Test func aKilledServerEndsAWatchWithATransportError() async throws {
        let plane = try await ControlPlane.start()
        let client = try plane.client()
        let stream = try await client.watch(
            ConfigMap.self, namespace: "default", options: WatchOptions(timeoutSeconds: 300))
        let watching = Task {
            await error { for try await _ in stream {} }
        }
        await plane.stopAPIServer()
        let lost = await watching.value
        #expect(lost == nil || lost?.code == .transport)
        let refused = try #require(await error { _ = try await client.list(ConfigMap.self) })
        #expect(refused.code == .transport)
        #expect(refused.isRetriable)
        #expect(!refused.requestWasSent)
        try await plane.startAPIServer()
        _ = try await client.list(ConfigMap.self)
        await client.shutdown()
        await plane.stop()
    }

    @Test func cancellingATaskEndsItsWatch() async throws {
        try await withClient { client, namespace in
            let stream = try await client.watch(ConfigMap.self, namespace: namespace)
            let task = Task { for try await _ in stream {} }
            try await Task.sleep(for: .milliseconds(200))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}
