import Concurrency
import Foundation
import Glibc

/// A Kubernetes control plane of a test's own: etcd and kube-apiserver on free loopback ports, in a temporary folder,
/// with their own certificates and tokens, RBAC on.
///
/// There is no controller-manager: namespaces and owned objects are not collected, Deployments make no pods, a
/// ServiceAccount gets no Secret. A test deletes what it made (``deleteNamespace(_:)``).
///
/// Both programs die with the test process. Logs are removed with the folder, or kept in `$TGS_LOG_DIR`.
package final class ControlPlane: Sendable {
    /// Why there is no control plane.
    package struct StartError: Error, CustomStringConvertible {
        package let description: String
    }

    /// A user of the API server, known by a token.
    package struct User: Sendable {
        package let name: String
        package let groups: [String]

        package init(name: String, groups: [String] = []) {
            self.name = name
            self.groups = groups
        }
    }

    private struct State {
        var apiServer: ChildProcess
        /// Lines of the token file, which the API server reads when it starts.
        var tokens: [String]
    }

    /// The control plane of this test process, started at the first use. Give each test a namespace of its own, and
    /// do not stop its API server: other tests use it at the same time.
    package static var shared: ControlPlane {
        get async throws { try await sharedStart.value }
    }

    private static let sharedStart = Task<ControlPlane, any Error>.detached { try await start() }

    /// The folder with data and keys.
    package let directory: String
    /// The API server's address, `https://127.0.0.1:<port>`.
    package let server: String
    /// The certificate authority that signed the API server's certificate.
    package let caPEM: String
    /// A token of a user in `system:masters`.
    package let adminToken: String
    let tools: ControlPlaneTools
    private let etcd: ChildProcess
    private let apiServerArguments: [String]
    private let state: Locked<State>

    private init(
        directory: String, port: UInt16, caPEM: String, adminToken: String, tools: ControlPlaneTools,
        etcd: ChildProcess, apiServerArguments: [String], apiServer: ChildProcess, tokens: [String]
    ) {
        self.directory = directory
        self.server = "https://127.0.0.1:\(port)"
        self.caPEM = caPEM
        self.adminToken = adminToken
        self.tools = tools
        self.etcd = etcd
        self.apiServerArguments = apiServerArguments
        self.state = Locked(State(apiServer: apiServer, tokens: tokens))
    }

    /// Starts a control plane and waits until it is ready: some 3 s on an idle machine.
    /// - Parameters:
    ///   - extraAPIServerArguments: appended to the API server's own, so they win.
    ///   - users: known from the start; the token of the user `n` is `tokens[n]` of the result's ``tokens(of:)``.
    package static func start(
        extraAPIServerArguments: [String] = [], users: [User] = []
    ) async throws -> ControlPlane {
        let tools = try ControlPlaneTools.find()
        let directory = try TestFolder.make("control-plane")
        do {
            let keys = try await ControlPlaneKeys.make(in: directory)
            // Someone else may take a free port between its choice and its use.
            for attempt in 1... {
                do {
                    return try await launch(
                        tools: tools, directory: directory, keys: keys, extra: extraAPIServerArguments, users: users)
                } catch is ControlPlaneProcesses.PortTaken where attempt < 4 {
                    continue
                }
            }
            throw StartError(description: "no free ports for etcd and kube-apiserver")
        } catch {
            TestFolder.remove(directory)
            throw error
        }
    }

    private static func launch(
        tools: ControlPlaneTools, directory: String, keys: ControlPlaneKeys, extra: [String], users: [User]
    ) async throws -> ControlPlane {
        let adminToken = token()
        let all = [(User(name: "admin", groups: ["system:masters"]), adminToken)] + users.map { ($0, token()) }
        let tokens = all.map { tokenLine($0, token: $1) }
        try write(tokens: tokens, in: directory)
        let (etcd, etcdURL) = try await ControlPlaneProcesses.startEtcd(tools.etcd, directory: directory)
        let port = try LoopbackPort.free()
        let arguments =
            [
                "--etcd-servers=\(etcdURL)", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
                "--secure-port=\(port)", "--cert-dir=\(directory)", "--tls-cert-file=\(keys.serverCertificate)",
                "--tls-private-key-file=\(keys.serverKey)", "--client-ca-file=\(keys.caCertificate)",
                "--token-auth-file=\(directory)/tokens.csv",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=\(keys.serviceAccountKey)",
                "--service-account-signing-key-file=\(keys.serviceAccountKey)",
                "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24", "--allow-privileged=true",
                // It refuses pods without a ServiceAccount, which only the controller-manager makes.
                "--disable-admission-plugins=ServiceAccount",
                "--endpoint-reconciler-type=none", "--max-requests-inflight=2000",
                "--max-mutating-requests-inflight=1000", "--v=1",
            ] + extra
        do {
            let apiServer = try await ControlPlaneProcesses.startAPIServer(
                tools.apiServer, arguments: arguments, port: port, token: adminToken, directory: directory)
            return ControlPlane(
                directory: directory, port: port,
                caPEM: try String(contentsOfFile: keys.caCertificate, encoding: .utf8),
                adminToken: adminToken, tools: tools, etcd: etcd, apiServerArguments: arguments, apiServer: apiServer,
                tokens: tokens)
        } catch {
            await etcd.terminate(signal: SIGKILL)
            throw error
        }
    }

    /// etcd's address, `http://127.0.0.1:<port>`.
    package var etcdURL: String {
        let option = "--etcd-servers="
        return apiServerArguments.first { $0.hasPrefix(option) }.map { String($0.dropFirst(option.count)) } ?? ""
    }

    /// The port of ``server``.
    package var port: UInt16 { UInt16(server.split(separator: ":").last.map(String.init) ?? "") ?? 0 }

    /// The token of a user given to ``start(extraAPIServerArguments:users:)`` or made by
    /// ``makeUserToken(name:groups:)``; `nil` for an unknown name.
    package func token(of name: String) -> String? {
        let line = state.withLock { state in state.tokens.first { $0.split(separator: ",")[1] == name } }
        return line?.split(separator: ",").first.map(String.init)
    }

    /// Makes a user and returns his token. The API server reads its token file only when it starts, so it is restarted
    /// and open connections are cut: not for the ``shared`` control plane, where
    /// ``makeServiceAccountToken(namespace:name:)`` and ``makeClientCertificate(name:groups:)`` do the same at once.
    package func makeUserToken(name: String, groups: [String] = []) async throws -> String {
        let token = Self.token()
        let tokens = state.withLock { state in
            state.tokens.append(Self.tokenLine(User(name: name, groups: groups), token: token))
            return state.tokens
        }
        try Self.write(tokens: tokens, in: directory)
        await stopAPIServer()
        try await startAPIServer()
        return token
    }

    /// Makes a client certificate for a user: PEM texts of the certificate and its key.
    package func makeClientCertificate(
        name: String, groups: [String] = []
    ) async throws -> (certificatePEM: String, privateKeyPEM: String) {
        try await ControlPlaneKeys.makeClientCertificate(name: name, groups: groups, in: directory)
    }

    /// A kubeconfig file for the administrator.
    package var kubeconfigPath: String {
        get throws {
            let path = "\(directory)/admin.kubeconfig"
            if !FileManager.default.fileExists(atPath: path) {
                try kubeconfigText().write(toFile: path, atomically: true, encoding: .utf8)
            }
            return path
        }
    }

    /// The text of a kubeconfig with everything in it.
    /// - Parameters:
    ///   - token: the administrator's when `nil`.
    package func kubeconfigText(token: String? = nil, namespace: String = "default") -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: test
        contexts:
        - name: test
          context: {cluster: test, user: test, namespace: \(namespace)}
        clusters:
        - name: test
          cluster:
            server: \(server)
            certificate-authority-data: \(Data(caPEM.utf8).base64EncodedString())
        users:
        - name: test
          user: {token: \(token ?? adminToken)}

        """
    }

    /// Ends the API server, by default without a good-bye, as a crash does. etcd keeps the objects.
    package func stopAPIServer(signal: Int32 = SIGKILL) async {
        await state.withLock { $0.apiServer }.terminate(signal: signal)
    }

    /// Starts the API server again on the same port and waits until it is ready.
    package func startAPIServer() async throws {
        let new = try await ControlPlaneProcesses.startAPIServer(
            tools.apiServer, arguments: apiServerArguments, port: port, token: adminToken, directory: directory)
        state.withLock { $0.apiServer = new }
    }

    /// Stops the clock of the API server: connections stay open and nothing answers (SIGSTOP).
    package func freezeAPIServer() { state.withLock { $0.apiServer.freeze() } }

    /// Lets a frozen API server go on (SIGCONT).
    package func thawAPIServer() { state.withLock { _ = $0.apiServer.signal(SIGCONT) } }

    /// Stops both programs and removes the folder.
    package func stop() async {
        await stopAPIServer()
        await etcd.terminate(signal: SIGKILL)
        TestFolder.remove(directory)
    }

    /// The last lines of both logs, for failure messages.
    package var logs: String {
        let apiServer = state.withLock { $0.apiServer }
        return "--- kube-apiserver\n\(apiServer.logTail())\n--- etcd\n\(etcd.logTail())"
    }

    private static func token() -> String {
        "t-" + String((0..<32).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "x" })
    }

    private static func tokenLine(_ user: User, token: String) -> String {
        "\(token),\(user.name),\(user.name),\"\(user.groups.joined(separator: ","))\""
    }

    private static func write(tokens: [String], in directory: String) throws {
        try tokens.joined(separator: "\n").appending("\n")
            .write(toFile: "\(directory)/tokens.csv", atomically: true, encoding: .utf8)
    }
}
