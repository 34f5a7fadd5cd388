import FoundationEssentials

/// Runs an exec plugin when there is need, and only once for all who wait.
actor ExecCredentialSource: CredentialSource {
    /// A credential is replaced so long before it expires.
    private static let margin: TimeInterval = 5

    private let plugin: ExecPlugin
    private let server: ClusterConfiguration
    private let now: @Sendable () -> Date
    private var held: ExecCredential?
    private var running: Task<ExecCredential, any Error>?

    init(_ plugin: ExecPlugin, server: ClusterConfiguration, now: @escaping @Sendable () -> Date = { Date() }) {
        self.plugin = plugin
        self.server = server
        self.now = now
    }

    func current() async throws -> Credential {
        if let held, held.expiration.map({ now() < $0.addingTimeInterval(-Self.margin) }) ?? true {
            return held.credential
        }
        return try await run()
    }

    func replacement(for refused: Credential) async throws -> Credential? {
        if let held, held.credential != refused { return held.credential }
        let fresh = try await run()
        return fresh == refused ? nil : fresh
    }

    // Not a child of the caller's task: others wait for it too.
    private func run() async throws -> Credential {
        let task: Task<ExecCredential, any Error>
        if let running {
            task = running
        } else {
            let (plugin, server) = (plugin, server)
            task = Task.detached { try await Self.run(plugin, server) }
            running = task
        }
        defer { if running == task { running = nil } }
        let fresh = try await task.value
        held = fresh
        return fresh.credential
    }

    private static func run(_ plugin: ExecPlugin, _ server: ClusterConfiguration) async throws -> ExecCredential {
        var environment = ProcessInfo.processInfo.environment
        environment.merge(plugin.environment) { $1 }
        environment["KUBERNETES_EXEC_INFO"] = try ExecCredential.information(for: plugin, server: server)
        let result: ProgramRun
        do {
            result = try await ProgramRun.run(
                plugin.command, plugin.arguments, environment: environment, timeout: plugin.timeout)
        } catch {
            var message = "The credential plugin \(plugin.command) cannot be run: \(error)."
            if let hint = plugin.installHint { message += " \(hint)" }
            throw KubernetesError(.credentials, message, cause: error)
        }
        guard result.exitCode == 0 else {
            let text = String(decoding: result.errorOutput.prefix(300), as: UTF8.self)
            let line = String(text.map { $0.isNewline ? " " : $0 })
            throw KubernetesError(
                .credentials, "The credential plugin \(plugin.command) ended with code \(result.exitCode): \(line)")
        }
        return try ExecCredential(output: result.output, of: plugin)
    }
}
