import Concurrency
import ControllerRuntime
import KubernetesClient
import TestRig

extension ControlPlane {
    /// A client of the administrator. - Parameter port: of a forwarder in between.
    func client(through port: UInt16? = nil) throws -> KubernetesClient {
        var configuration = try ClusterConfiguration.kubeconfig(text: kubeconfigText())
        if let port { configuration.server = "https://127.0.0.1:\(port)" }
        return try KubernetesClient(configuration)
    }

    /// Makes etcd forget all versions before this one, as the API server has it do every five minutes.
    func compactEtcd(at version: String) async throws {
        try await Command(
            "curl",
            [
                "-sSf", "--noproxy", "*", "-d", #"{"revision":"\#(version)","physical":true}"#,
                "\(etcdURL)/v3/kv/compaction",
            ]
        ).runSuccessfully(deadline: .seconds(30))
    }

    /// Runs `body` with a control plane of its own, for tests that stop its servers.
    static func withOwn(
        _ extraArguments: [String] = [], _ body: (ControlPlane) async throws -> Void
    ) async throws {
        let plane = try await start(extraAPIServerArguments: extraArguments)
        do {
            try await body(plane)
        } catch {
            print(plane.logs.suffix(4_000))
            await plane.stop()
            throw error
        }
        await plane.stop()
    }
}

/// Runs a service while `body` does, and ends it in an orderly way.
func running(_ service: any Service, _ body: () async throws -> Void) async throws {
    let run = Task { try await service.run() }
    do {
        try await body()
    } catch {
        run.cancel()
        throw error
    }
    await service.shutdown()
    try await run.value
}

extension ReflectorSettings {
    static func quick(_ change: (inout ReflectorSettings) -> Void = { _ in }) -> ReflectorSettings {
        var settings = ReflectorSettings()
        settings.backoff = Backoff(base: .milliseconds(50), maximum: .milliseconds(500), jitter: 0.5)
        settings.absenceConfirmation = .milliseconds(500)
        settings.absentRetry = .milliseconds(500)
        change(&settings)
        return settings
    }
}
