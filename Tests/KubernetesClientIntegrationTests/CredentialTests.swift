import Concurrency
import Foundation
import KubernetesClient
import KubernetesTypes
import Observability
import TestRig
import Testing

@Suite struct CredentialTests {
    /// A kubeconfig whose user is `user`, in YAML's flow style.
    private func kubeconfig(_ plane: ControlPlane, user: String) -> String {
        plane.kubeconfigText().replacingOccurrences(
            of: "user: {token: \(plane.adminToken)}", with: "user: \(user)")
    }

    private func folder() throws -> String { try TestFolder.make("credentials") }

    @Test func anUnprivilegedTokenIsForbidden() async throws {
        let plane = try await ControlPlane.shared
        try await plane.withNamespace { namespace in
            let token = try await plane.makeServiceAccountToken(namespace: namespace, name: "nobody")
            let client = try plane.client(token: token)
            let denied = try #require(
                await error { _ = try await client.list(Secret.self, namespace: namespace) })
            #expect(denied.isForbidden)
            #expect(!denied.isRetriable)
            // Who, what and where.
            for word in ["nobody", "list", "secrets", namespace] { #expect(denied.message.contains(word)) }
            let watch = try #require(
                await error { _ = try await client.watch(Secret.self, namespace: namespace) })
            #expect(watch.isForbidden)
            #expect(watch.message.contains("nobody"))
            await client.shutdown()
        }
    }

    @Test func aWrongTokenIsUnauthorized() async throws {
        let plane = try await ControlPlane.shared
        let client = try plane.client(token: "no-such-token")
        let refused = try #require(await error { _ = try await client.list(Secret.self) })
        #expect(refused.isUnauthorized)
        #expect(!refused.message.contains("no-such-token"))
        await client.shutdown()
    }

    @Test func aClientCertificateIsShown() async throws {
        let plane = try await ControlPlane.shared
        let (certificate, key) = try await plane.makeClientCertificate(name: "carol", groups: ["system:masters"])
        let folder = try folder()
        defer { TestFolder.remove(folder) }
        try certificate.write(toFile: "\(folder)/c.crt", atomically: true, encoding: .utf8)
        try key.write(toFile: "\(folder)/c.key", atomically: true, encoding: .utf8)
        try kubeconfig(plane, user: "{client-certificate: c.crt, client-key: ./c.key}")
            .write(toFile: "\(folder)/config", atomically: true, encoding: .utf8)
        let client = try KubernetesClient(try .load(kubeconfig: "\(folder)/config"), logger: .silent)
        _ = try await client.list(Secret.self, namespace: "default")
        await client.shutdown()

        let (other, otherKey) = try await plane.makeClientCertificate(name: "dave")
        let data = (Data(other.utf8).base64EncodedString(), Data(otherKey.utf8).base64EncodedString())
        let text = kubeconfig(plane, user: "{client-certificate-data: \(data.0), client-key-data: \(data.1)}")
        let weak = try KubernetesClient(try .kubeconfig(text: text), logger: .silent)
        let denied = try #require(await error { _ = try await weak.list(Secret.self) })
        #expect(denied.isForbidden)
        #expect(denied.message.contains("dave"))
        await weak.shutdown()
    }

    @Test func aTokenFileIsReadAgainAfterARefusal() async throws {
        let plane = try await ControlPlane.shared
        let folder = try folder()
        defer { TestFolder.remove(folder) }
        let file = "\(folder)/token"
        try "stale\n".write(toFile: file, atomically: true, encoding: .utf8)
        try kubeconfig(plane, user: "{tokenFile: token}")
            .write(toFile: "\(folder)/config", atomically: true, encoding: .utf8)
        let client = try KubernetesClient(try .load(kubeconfig: "\(folder)/config"), logger: .silent)
        #expect(try #require(await error { _ = try await client.list(Secret.self) }).isUnauthorized)
        try "\(plane.adminToken)\n".write(toFile: file, atomically: true, encoding: .utf8)
        // The stale one is still remembered, so this works by the second try alone.
        _ = try await client.list(Secret.self, namespace: "default")
        try "stale-again\n".write(toFile: file, atomically: true, encoding: .utf8)
        _ = try await client.list(Secret.self, namespace: "default")
        await client.shutdown()
    }

    /// A plugin that counts its runs and answers with what stands in the file `answer`.
    private func plugin(in folder: String, answer: String) throws {
        try answer.write(toFile: "\(folder)/answer", atomically: true, encoding: .utf8)
        let script = """
            #!/bin/sh
            echo "$KUBERNETES_EXEC_INFO" >> "$(dirname "$0")/runs"
            [ "$1" = get-token ] && [ "$WHO" = me ] || { echo "bad call" >&2; exit 3; }
            cat "$(dirname "$0")/answer"

            """
        try script.write(toFile: "\(folder)/plugin.sh", atomically: true, encoding: .utf8)
    }

    private func runs(in folder: String) -> [String] {
        let text = (try? String(contentsOfFile: "\(folder)/runs", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    private func answer(token: String, expires: Date? = nil) -> String {
        let expiry = expires.map { #","expirationTimestamp":"\#($0.formatted(.iso8601))""# } ?? ""
        return """
            {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",
            "status":{"token":"\(token)"\(expiry)}}
            """
    }

    private func execClient(_ plane: ControlPlane, _ folder: String) throws -> KubernetesClient {
        // By way of sh: a script just written may still be open for writing in a program that another test starts.
        let user = """
            {exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [\(folder)/plugin.sh, get-token],
                env: [{name: WHO, value: me}], provideClusterInfo: true, interactiveMode: IfAvailable}}
            """
        try kubeconfig(plane, user: user).write(toFile: "\(folder)/config", atomically: true, encoding: .utf8)
        return try KubernetesClient(try .load(kubeconfig: "\(folder)/config"), logger: .silent)
    }

    @Test func anExecPluginRunsOnceForManyRequestsAndAgainAfterARefusal() async throws {
        let plane = try await ControlPlane.shared
        let folder = try folder()
        defer { TestFolder.remove(folder) }
        try plugin(in: folder, answer: answer(token: plane.adminToken))
        let client = try execClient(plane, folder)
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 { group.addTask { _ = try await client.list(Secret.self, namespace: "default") } }
            try await group.waitForAll()
        }
        #expect(runs(in: folder).count == 1)
        #expect(runs(in: folder).first?.contains(#""server":"https://127.0.0.1"#) == true)
        await client.shutdown()

        try FileManager.default.removeItem(atPath: "\(folder)/runs")
        try plugin(in: folder, answer: answer(token: "stale"))
        let other = try execClient(plane, folder)
        #expect(try #require(await error { _ = try await other.list(Secret.self) }).isUnauthorized)
        try plugin(in: folder, answer: answer(token: plane.adminToken))
        _ = try await other.list(Secret.self, namespace: "default")
        // The first, the vain second try, and the one that helped.
        #expect(runs(in: folder).count == 3)
        await other.shutdown()
    }

    @Test func anExpiredCredentialIsReplaced() async throws {
        let plane = try await ControlPlane.shared
        let folder = try folder()
        defer { TestFolder.remove(folder) }
        try plugin(in: folder, answer: answer(token: plane.adminToken, expires: Date(timeIntervalSinceNow: -60)))
        let client = try execClient(plane, folder)
        _ = try await client.list(Secret.self, namespace: "default")
        _ = try await client.list(Secret.self, namespace: "default")
        #expect(runs(in: folder).count == 2)
        try plugin(in: folder, answer: answer(token: plane.adminToken, expires: Date(timeIntervalSinceNow: 3600)))
        _ = try await client.list(Secret.self, namespace: "default")
        _ = try await client.list(Secret.self, namespace: "default")
        #expect(runs(in: folder).count == 3)
        await client.shutdown()
    }

    @Test func anExecPluginMayGiveACertificate() async throws {
        let plane = try await ControlPlane.shared
        let folder = try folder()
        defer { TestFolder.remove(folder) }
        let (certificate, key) = try await plane.makeClientCertificate(name: "erin")
        let status = ["clientCertificateData": certificate, "clientKeyData": key]
        let value: [String: Any] = [
            "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status,
        ]
        try plugin(
            in: folder, answer: String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self))
        let client = try execClient(plane, folder)
        let denied = try #require(await error { _ = try await client.list(Secret.self) })
        #expect(denied.isForbidden)
        #expect(denied.message.contains("erin"))
        #expect(runs(in: folder).count == 1)
        await client.shutdown()
    }

    @Test func aFailingExecPluginIsTold() async throws {
        let plane = try await ControlPlane.shared
        let folder = try folder()
        defer { TestFolder.remove(folder) }
        try plugin(in: folder, answer: "not json, but \(plane.adminToken)")
        let client = try execClient(plane, folder)
        let garbage = try #require(await error { _ = try await client.list(Secret.self) })
        #expect(garbage.code == .credentials)
        #expect(!garbage.message.contains(plane.adminToken))
        await client.shutdown()

        let missing = kubeconfig(
            plane,
            user: """
                {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: /nowhere/plugin,
                    installHint: Install the plugin from its page.}}
                """)
        let other = try KubernetesClient(try .kubeconfig(text: missing), logger: .silent)
        let failed = try #require(await error { _ = try await other.list(Secret.self) })
        #expect(failed.code == .credentials)
        #expect(failed.message.contains("/nowhere/plugin"))
        #expect(failed.message.contains("Install the plugin"))
        await other.shutdown()
    }

    @Test func impersonates() async throws {
        let plane = try await ControlPlane.shared
        let text = kubeconfig(plane, user: "{token: \(plane.adminToken), as: frank, as-groups: [g1]}")
        let client = try KubernetesClient(try .kubeconfig(text: text), logger: .silent)
        let denied = try #require(await error { _ = try await client.list(Secret.self) })
        #expect(denied.isForbidden)
        #expect(denied.message.contains("frank"))
        await client.shutdown()
    }

    @Test func theServersCertificateIsChecked() async throws {
        let plane = try await ControlPlane.shared
        let ca = Data(plane.caPEM.utf8).base64EncodedString()
        func outcome(_ cluster: String) async throws -> KubernetesError? {
            let text = plane.kubeconfigText().replacingOccurrences(
                of: "certificate-authority-data: \(ca)", with: cluster)
            let client = try KubernetesClient(try .kubeconfig(text: text), logger: .silent)
            defer { Task { await client.shutdown() } }
            return await error { _ = try await client.list(Secret.self, namespace: "default") }
        }
        #expect(try await outcome("x: y")?.code == .transport)
        #expect(try await outcome("insecure-skip-tls-verify: true") == nil)
        #expect(try await outcome("{certificate-authority-data: \(ca)}".dropFirst().dropLast().description) == nil)
        let named = "certificate-authority-data: \(ca)\n    tls-server-name: "
        #expect(try await outcome(named + "elsewhere.example.com")?.code == .transport)
        #expect(try await outcome(named + "localhost") == nil)
    }

    @Test func runsInACluster() async throws {
        let plane = try await ControlPlane.shared
        let folder = try folder()
        defer { TestFolder.remove(folder) }
        try plane.caPEM.write(toFile: "\(folder)/ca.crt", atomically: true, encoding: .utf8)
        try plane.adminToken.write(toFile: "\(folder)/token", atomically: true, encoding: .utf8)
        try "prod\n".write(toFile: "\(folder)/namespace", atomically: true, encoding: .utf8)
        let environment = ["KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "\(plane.port)"]
        let configuration = try ClusterConfiguration.inCluster(environment: environment, folder: folder)
        #expect(configuration.namespace == "prod")
        let client = try KubernetesClient(configuration, logger: .silent)
        _ = try await client.list(Secret.self, namespace: "default")
        await client.shutdown()
    }
}
