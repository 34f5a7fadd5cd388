import Foundation
import HTTPClient
import KubernetesClient
import Observability
import Testing

@Suite struct KubeconfigTests {
    private static let pem = Data("-----BEGIN CERTIFICATE-----\nx\n".utf8).base64EncodedString()

    private func text(cluster: String = "server: https://h:1", user: String = "token: t", more: String = "") -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: c
        clusters:
        - name: k
          cluster: {\(cluster)}
        contexts:
        - name: c
          context: {cluster: k, user: u, namespace: apps}
        users:
        - name: u
          user: {\(user)}
        \(more)
        """
    }

    @Test func readsAContext() throws {
        let configuration = try ClusterConfiguration.kubeconfig(
            text: text(
                cluster: "server: https://h:1/, certificate-authority-data: \(Self.pem), tls-server-name: k8s"))
        #expect(configuration.server == "https://h:1")
        #expect(configuration.namespace == "apps")
        #expect(configuration.tls.serverName == "k8s")
        #expect(configuration.tls.verifyPeer)
        #expect(configuration.tls.caPEM == Array("-----BEGIN CERTIFICATE-----\nx\n".utf8))
        guard case .token(let token) = configuration.credentials else {
            Issue.record("no token")
            return
        }
        #expect(token.value == "t")
    }

    @Test func readsWhatKubectlWritesAsJSON() throws {
        let configuration = try ClusterConfiguration.kubeconfig(
            text: #"""
                {"kind":"Config","apiVersion":"v1","preferences":{},"current-context":"a",
                 "clusters":[{"name":"k","cluster":{"server":"http://[::1]:8080","insecure-skip-tls-verify":true}}],
                 "users":[{"name":"u","user":{}}],"contexts":[{"name":"a","context":{"cluster":"k","user":"u"}}]}
                """#)
        #expect(configuration.server == "http://[::1]:8080")
        #expect(configuration.namespace == "default")
        #expect(!configuration.tls.verifyPeer)
    }

    @Test func readsAnExecPlugin() throws {
        let configuration = try ClusterConfiguration.kubeconfig(
            text: text(
                user: """
                    exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/get, args: [a, b],
                        env: [{name: A, value: b}], provideClusterInfo: true}
                    """),
            file: "/etc/kube/config")
        guard case .exec(let plugin) = configuration.credentials else {
            Issue.record("no plugin")
            return
        }
        #expect(plugin.command == "/etc/kube/bin/get")
        #expect(plugin.arguments == ["a", "b"])
        #expect(plugin.environment == ["A": "b"])
        #expect(plugin.version == .v1beta1)
        #expect(plugin.providesClusterInfo)
    }

    // Text, context, and what the error must name.
    @Test(
        arguments: [
            ("a: [", nil, ["f, line", "line 2"]),
            ("- x\n", nil, ["f", "the document must be a mapping"]),
            ("kind: Pod\n", nil, ["f, line 1", "kind"]),
            ("", nil, ["f", "no current-context"]),
            ("clusters: {}\n", nil, ["f, line 1", "clusters must be a list"]),
            ("clusters:\n- cluster: {}\n", nil, ["f, line 2", "clusters[0] has no \"name\""]),
            ("contexts:\n- name: c\n  context: {cluster: k}\n", "c", ["f, line 3", "\"k\", which is not there"]),
            ("contexts:\n- name: c\n  context: {}\n", "c", ["f, line 3", "has no \"cluster\""]),
            ("contexts:\n- name: c\n  context: {}\n", "d", ["no context \"d\"", "there are: c"]),
            ("contexts:\n- name: 7\n", nil, ["f, line 2", "contexts[0].name must be text"]),
            ("users:\n- name: a\n- user\n", nil, ["f, line 3", "users[1] must be a mapping"]),
        ] as [(String, String?, [String])])
    func malformedTextsAreToldWithTheirPlace(text: String, context: String?, expected: [String]) throws {
        let error = try #require(throws: KubernetesError.self) {
            try ClusterConfiguration.kubeconfig(text: text, file: "f", context: context)
        }
        #expect(error.code == .configuration)
        for part in expected where part != "f, line" { #expect(error.message.contains(part), "\(error)") }
    }

    // Cluster, user, and what the error must name.
    @Test(
        arguments: [
            ("x: y", "", ["line 6", "has no \"server\""]),
            ("server: h:1", "", ["line 6", "clusters[0].cluster.server must begin with https://"]),
            (
                "server: 'https://h', insecure-skip-tls-verify: 'yes'", "",
                ["insecure-skip-tls-verify must be true or false"]
            ),
            (
                "server: 'https://h', certificate-authority-data: '%%'", "",
                ["certificate-authority-data must be base64"]
            ),
            ("server: 'https://h', certificate-authority-data: aGVsbG8=", "", ["line 6", "holds no PEM"]),
            ("server: 'https://h', certificate-authority: none.crt", "", ["/d/none.crt", "no such file"]),
            (
                "server: 'https://h', insecure-skip-tls-verify: true, certificate-authority-data: \(pem)", "",
                ["both a certificate authority and insecure-skip-tls-verify"]
            ),
            ("", "token: 123", ["line 12", "users[0].user.token must be text"]),
            ("", "token: 'a b'", ["users[0].user.token has spaces"]),
            ("", "client-certificate-data: \(pem)", ["no client key"]),
            ("", "client-key-data: \(pem)", ["no client certificate"]),
            ("", "username: a, password: hunter2", ["users[0].user.username is not supported"]),
            ("", "auth-provider: {name: gcp}", ["users[0].user.auth-provider is not supported"]),
            ("", "exec: {command: x}", ["users[0].user.exec has no \"apiVersion\""]),
            (
                "", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}",
                ["exec.apiVersion must be client.authentication.k8s.io/v1 or"]
            ),
            ("", "exec: {apiVersion: client.authentication.k8s.io/v1}", ["has no \"command\""]),
            (
                "", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}",
                ["interactiveMode is Always"]
            ),
            (
                "", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, env: [{value: y}]}",
                ["env[0] has no \"name\""]
            ),
            ("", "as-user-extra: {a: [b]}", ["as-user-extra is not supported"]),
        ] as [(String, String, [String])])
    func wrongFieldsAreNamed(cluster: String, user: String, expected: [String]) throws {
        let error = try #require(throws: KubernetesError.self) {
            try ClusterConfiguration.kubeconfig(
                text: text(cluster: cluster.isEmpty ? "server: https://h:1" : cluster, user: user), file: "/d/config")
        }
        #expect(error.code == .configuration)
        for part in expected { #expect(error.message.contains(part), "\(error)") }
        #expect(error.message.contains("/d/config"))
        #expect(!error.message.contains("hunter2"))
    }

    @Test func theFirstOfSeveralFilesWins() throws {
        try withFolder { folder in
            try write("\(folder)/a", text(cluster: "server: https://first, certificate-authority: ca.crt"))
            try write("\(folder)/ca.crt", "-----BEGIN CERTIFICATE-----\n")
            try FileManager.default.createDirectory(atPath: "\(folder)/sub", withIntermediateDirectories: true)
            try write(
                "\(folder)/sub/b",
                """
                current-context: other
                clusters:
                - {name: k, cluster: {server: 'https://second'}}
                - {name: l, cluster: {server: 'https://third'}}
                contexts:
                - {name: other, context: {cluster: l, user: v}}
                users:
                - {name: v, user: {tokenFile: tok}}
                """)
            let environment = ["KUBECONFIG": "\(folder)/none:\(folder)/a:\(folder)/sub/b:"]
            let first = try ClusterConfiguration.load(environment: environment)
            #expect(first.server == "https://first")
            #expect(first.tls.caPEM == Array("-----BEGIN CERTIFICATE-----\n".utf8))
            let other = try ClusterConfiguration.load(context: "other", environment: environment)
            #expect(other.server == "https://third")
            guard case .tokenFile(let path) = other.credentials else {
                Issue.record("no token file")
                return
            }
            #expect(path == "\(folder)/sub/tok")

            let none = try #require(throws: KubernetesError.self) {
                try ClusterConfiguration.load(environment: ["KUBECONFIG": "\(folder)/x:\(folder)/y"])
            }
            #expect(none.message.contains("\(folder)/x, \(folder)/y"))
            let explicit = try #require(throws: KubernetesError.self) {
                try ClusterConfiguration.load(kubeconfig: "\(folder)/x", environment: environment)
            }
            #expect(explicit.message.contains("\(folder)/x") && explicit.message.contains("no such file"))
        }
    }

    @Test func fallsBackToTheHomeFolder() throws {
        try withFolder { folder in
            let nothing = try #require(throws: KubernetesError.self) {
                try ClusterConfiguration.load(environment: ["HOME": folder])
            }
            #expect(nothing.code == .configuration && nothing.message.contains("\(folder)/.kube/config"))
            try FileManager.default.createDirectory(atPath: "\(folder)/.kube", withIntermediateDirectories: true)
            try write("\(folder)/.kube/config", text())
            #expect(try ClusterConfiguration.load(environment: ["HOME": folder]).server == "https://h:1")
        }
    }

    @Test func aPodsOwnCluster() throws {
        try withFolder { folder in
            let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
            let missing = try #require(throws: KubernetesError.self) {
                try ClusterConfiguration.inCluster(environment: environment, folder: folder)
            }
            #expect(missing.message.contains("\(folder)/ca.crt"))
            try write("\(folder)/ca.crt", "-----BEGIN CERTIFICATE-----\n")
            try write("\(folder)/token", "t\n")
            try write("\(folder)/namespace", "prod")
            let configuration = try ClusterConfiguration.inCluster(environment: environment, folder: folder)
            #expect(configuration.server == "https://[fd00::1]:443")
            #expect(configuration.namespace == "prod")
            let outside = try #require(throws: KubernetesError.self) {
                try ClusterConfiguration.inCluster(environment: [:], folder: folder)
            }
            #expect(outside.message.contains("KUBERNETES_SERVICE_HOST"))
        }
    }
}

func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "kubeconfig-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
}

func write(_ path: String, _ text: String) throws {
    try text.write(toFile: path, atomically: true, encoding: .utf8)
}
