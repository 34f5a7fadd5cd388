import Concurrency
import Foundation
import Glibc

/// Debian's redis-server of a test's own: a free port, a temporary folder. It keeps nothing on disk, so one that was
/// stopped or killed comes back empty.
package final class RedisServer: Sendable {
    /// Why there is no server.
    package struct StartError: Error, CustomStringConvertible {
        package let description: String
    }

    package let port: UInt16
    /// The folder of its log.
    package let directory: String
    /// What clients have to log in with, as the default user; `nil`: nothing.
    package let password: String?
    private let process: Locked<ChildProcess>

    package var pid: Int32 { process.withLock { $0.pid } }

    /// What clients are given, the password included.
    package var url: String { "redis://\(password.map { ":\($0)@" } ?? "")127.0.0.1:\(port)" }

    private init(port: UInt16, directory: String, password: String?, process: ChildProcess) {
        self.port = port
        self.directory = directory
        self.password = password
        self.process = Locked(process)
    }

    /// Starts a server and waits until it takes connections.
    /// - Parameter password: letters and digits.
    package static func start(password: String? = nil) async throws -> RedisServer {
        let directory = try TestFolder.make("redis")
        // Someone else may take a free port between its choice and its use.
        for attempt in 1... {
            let port = try LoopbackPort.free()
            do {
                let process = try await launch(port: port, directory: directory, password: password)
                return RedisServer(port: port, directory: directory, password: password, process: process)
            } catch  where attempt < 3 {
                continue
            }
        }
        throw StartError(description: "no free port for redis-server")
    }

    /// Runs `body` with a server of its own, which is gone afterwards.
    package static func with<Result: Sendable>(
        password: String? = nil, _ body: @Sendable (RedisServer) async throws -> Result
    ) async throws -> Result {
        let server = try await start(password: password)
        do {
            let result = try await body(server)
            await server.remove()
            return result
        } catch {
            await server.remove()
            throw error
        }
    }

    /// Stops the clock of the server: connections stay open and nothing answers (SIGSTOP).
    package func freeze() { process.withLock { $0.freeze() } }

    /// Lets a frozen server go on (SIGCONT).
    package func thaw() { process.withLock { _ = $0.signal(SIGCONT) } }

    /// Stops the server in order (SIGTERM).
    package func stop() async {
        let process = process.withLock { $0 }
        process.signal(SIGCONT)
        await process.terminate()
    }

    /// Kills the server (SIGKILL).
    package func kill() async {
        await process.withLock { $0 }.terminate(signal: SIGKILL)
    }

    /// Starts the server again on the same port, empty.
    package func restart() async throws {
        await stop()
        let new = try await Self.launch(port: port, directory: directory, password: password)
        process.withLock { $0 = new }
    }

    /// Stops the server and removes its folder.
    package func remove() async {
        await stop()
        TestFolder.remove(directory)
    }

    private static func launch(port: UInt16, directory: String, password: String?) async throws -> ChildProcess {
        var arguments = [
            "--port", "\(port)", "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", "no",
            "--daemonize", "no", "--enable-debug-command", "yes",
        ]
        if let password { arguments += ["--requirepass", password] }
        let process = try ChildProcess(
            "redis-server", arguments, log: TestFolder.logFile("redis-server", in: directory))
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(30)
        while clock.now < deadline && process.isRunning {
            if LoopbackPort.takesConnections(port) { return process }
            try await Task.sleep(for: .milliseconds(20))
        }
        await process.terminate()
        throw StartError(
            description: "redis-server (Debian package redis-server, make deps) did not come up on port \(port): "
                + process.logTail())
    }
}
