import Concurrency
import KubernetesClient
import KubernetesTypes
import TestRig
import Testing

@Suite struct DeadConnectionTests {
    private func withProxy(
        _ body: (KubernetesClient, LoopbackProxy, String) async throws -> Void
    ) async throws {
        let plane = try await ControlPlane.shared
        let proxy = try LoopbackProxy(to: plane.port)
        defer { proxy.stop() }
        var configuration = try ClusterConfiguration.kubeconfig(text: plane.kubeconfigText())
        configuration.server = "https://127.0.0.1:\(proxy.port)"
        configuration.requestTimeout = .seconds(3)
        let client = try KubernetesClient(configuration)
        try await plane.withNamespace { namespace in try await body(client, proxy, namespace) }
        await client.shutdown()
    }

    @Test func requestsLeaveADeadConnection() async throws {
        try await withProxy { client, proxy, namespace in
            _ = try await client.list(ConfigMap.self, namespace: namespace)
            proxy.deadenConnections()
            let lost = try #require(await error { _ = try await client.list(ConfigMap.self, namespace: namespace) })
            #expect(lost.code == .transport)
            #expect(lost.requestWasSent)
            _ = try await client.list(ConfigMap.self, namespace: namespace)
        }
    }

    @Test func watchesLeaveADeadConnection() async throws {
        try await withProxy { client, proxy, namespace in
            let options = WatchOptions(allowBookmarks: false, timeoutSeconds: 300, idleTimeout: .seconds(2))
            let stream = try await client.watch(ConfigMap.self, namespace: namespace, options: options)
            proxy.deadenConnections()
            // Ends by its silence; the next is still begun on the dead connection, the one after it on another.
            for try await _ in stream {}
            try await waitUntil("a watch hears again") {
                await error {
                    let stream = try await client.watch(ConfigMap.self, namespace: namespace, options: options)
                    _ = try await client.create(ConfigMap("w", in: namespace))
                    for try await event in stream {
                        if case .added = event { return }
                    }
                    throw KubernetesError(.transport, "heard nothing")
                } == nil
            }
        }
    }
}
