import Concurrency
import Foundation
import Glibc

/// Starting etcd and kube-apiserver, and waiting until they answer.
enum ControlPlaneProcesses {
    /// Another process has the port: choose others.
    struct PortTaken: Error, CustomStringConvertible {
        let description: String
    }

    static func startEtcd(_ executable: String, directory: String) async throws -> (ChildProcess, url: String) {
        let client = "http://127.0.0.1:\(try LoopbackPort.free())"
        let peer = "http://127.0.0.1:\(try LoopbackPort.free())"
        let process = try ChildProcess(
            executable,
            [
                "--data-dir", "\(directory)/etcd-\(UUID().uuidString.prefix(8))", "--listen-client-urls", client,
                "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", "default=\(peer)", "--unsafe-no-fsync", "--log-level", "warn",
            ], log: TestFolder.logFile("etcd", in: directory))
        try await waitUntilHealthy(process, deadline: .seconds(60), url: "\(client)/health")
        return (process, client)
    }

    static func startAPIServer(
        _ executable: String, arguments: [String], port: UInt16, token: String, directory: String
    ) async throws -> ChildProcess {
        let process = try ChildProcess(
            executable, arguments, log: TestFolder.logFile("kube-apiserver", in: directory))
        // Its namespaces come a moment after it says that it is ready.
        for path in ["readyz", "api/v1/namespaces/default"] {
            try await waitUntilHealthy(
                process, deadline: .seconds(120), url: "https://127.0.0.1:\(port)/\(path)",
                curlArguments: ["--cacert", "\(directory)/ca.crt", "-H", "Authorization: Bearer \(token)"])
        }
        return process
    }

    private static func waitUntilHealthy(
        _ process: ChildProcess, deadline: Duration, url: String, curlArguments: [String] = []
    ) async throws {
        let clock = ContinuousClock()
        let end = clock.now + deadline
        var last = ""
        while clock.now < end && process.isRunning {
            let answer = try await Command(
                "curl", ["-sS", "--fail-with-body", "--noproxy", "*", "--max-time", "10"] + curlArguments + [url]
            ).run()
            if answer.succeeded { return }
            last = answer.text.isEmpty ? answer.diagnostics : answer.text
            try await Task.sleep(for: .milliseconds(50))
        }
        let ended = process.exit
        await process.terminate(signal: SIGKILL)
        let log = process.logTail()
        if ended != nil, log.contains("address already in use") {
            throw PortTaken(description: "\(process.name): a port was taken")
        }
        let what = ended.map { "ended with \($0)" } ?? "was not ready in \(deadline), last answer: \(last)"
        throw ControlPlane.StartError(description: "\(process.name) \(what)\n\(log)")
    }
}
