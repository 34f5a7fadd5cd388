import Concurrency
import Foundation
import Glibc

/// A broker that speaks Kafka's protocol (noida-db's), of a test's own: a free port, a temporary folder.
///
/// It does as Apache Kafka does except that: a consumer that was killed is never expelled from its group (close them),
/// topics come into being on produce, committed offsets survive their topic, killed with SIGKILL it loses what it
/// acknowledged in the last 0.3 s and ended with SIGTERM up to 0.1 s, and SASL takes any password.
package final class KafkaBroker: Sendable {
    /// Why there is no broker.
    package struct StartError: Error, CustomStringConvertible {
        package let description: String
    }

    package let port: UInt16
    /// The folder of its data and log.
    package let directory: String
    /// Of a broker that speaks TLS.
    package let tls: BrokerTLS?
    private let executable: String
    private let process: Locked<ChildProcess>

    /// What clients are given as `bootstrap.servers`.
    package var bootstrapServers: String { "127.0.0.1:\(port)" }

    package var pid: Int32 { process.withLock { $0.pid } }

    package var logFile: String { TestFolder.logFile("broker", in: directory) }

    private init(port: UInt16, directory: String, tls: BrokerTLS?, executable: String, process: ChildProcess) {
        self.port = port
        self.directory = directory
        self.tls = tls
        self.executable = executable
        self.process = Locked(process)
    }

    /// Starts a broker and waits until it takes connections.
    /// - Parameters:
    ///   - port: a free one when `nil`.
    ///   - directory: a new temporary folder when `nil`.
    ///   - clients: `nil`: plain text; else TLS, and whether clients need a certificate.
    package static func start(
        port: UInt16? = nil, directory: String? = nil, tls clients: BrokerTLS.Clients? = nil
    ) async throws -> KafkaBroker {
        let executable = try locate()
        let directory =
            directory ?? NSTemporaryDirectory() + "tgs-kafka-\(getpid())-\(UUID().uuidString.prefix(8).lowercased())"
        // Someone else may take a free port between its choice and its use.
        for attempt in 1... {
            let port = try port ?? freePort()
            do {
                var tls: BrokerTLS?
                if let clients { tls = try await BrokerTLS.start(port: port, clients: clients) }
                let process = try await launch(executable, port: port, directory: directory, tls: tls)
                return KafkaBroker(
                    port: port, directory: directory, tls: tls, executable: executable, process: process)
            } catch  where attempt < 3 {
                continue
            }
        }
        throw StartError(description: "no free port for the broker")
    }

    /// Runs `body` with a broker of its own. Its folder with the log is removed, or kept and named when `body` throws.
    package static func with<Result: Sendable>(
        tls clients: BrokerTLS.Clients? = nil, _ body: @Sendable (KafkaBroker) async throws -> Result
    ) async throws -> Result {
        let broker = try await start(tls: clients)
        do {
            let result = try await body(broker)
            await broker.remove()
            return result
        } catch {
            await broker.stop()
            print("kafka broker: log kept in \(broker.logFile)")
            throw error
        }
    }

    /// Stops the clock of the broker: connections stay open and nothing answers (SIGSTOP).
    package func freeze() { process.withLock { $0.freeze() } }

    /// Lets a frozen broker go on (SIGCONT).
    package func thaw() { process.withLock { _ = $0.signal(SIGCONT) } }

    /// Stops the broker in order (SIGTERM), data kept but for what it acknowledges while it ends; ``restart()`` brings it
    /// back.
    package func stop() async {
        let process = process.withLock { $0 }
        process.signal(SIGCONT)
        await process.terminate()
    }

    /// Kills the broker (SIGKILL): it loses what was acknowledged in the last 0.3 s.
    package func kill() async {
        await process.withLock { $0 }.terminate(signal: SIGKILL)
    }

    /// Starts the broker again on the same port and data.
    package func restart() async throws {
        await stop()
        let new = try await Self.launch(executable, port: port, directory: directory, tls: tls)
        process.withLock { $0 = new }
    }

    /// Stops the broker and removes its folder.
    package func remove() async {
        await stop()
        await tls?.stop()
        do { try FileManager.default.removeItem(atPath: directory) } catch {
            print("kafka broker: \(directory) stays: \(error)")
        }
    }

    private static func launch(
        _ executable: String, port: UInt16, directory: String, tls: BrokerTLS?
    ) async throws -> ChildProcess {
        var command = [
            executable, "start", "--only", "kafka", "--kafka-port", "\(port)", "--data-dir", "\(directory)/data",
        ]
        if let tls { command = tls.wrapped(command) }
        let process = try ChildProcess(
            command[0], Array(command.dropFirst()), log: TestFolder.logFile("broker", in: directory))
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(30)
        while clock.now < deadline && process.isRunning {
            if isListening(port: port), tls?.isConnected ?? true { return process }
            try await Task.sleep(for: .milliseconds(20))
        }
        await process.terminate()
        throw StartError(description: "the Kafka broker did not come up on port \(port): \(process.logTail())")
    }

    /// The server's own program in the Python package: the package's launcher would orphan it on SIGTERM.
    private static func locate() throws -> String {
        try located.get()
    }

    private static let located = Result<String, any Error> {
        let missing = StartError(description: "the test broker (Python package noida-db) is missing: run make deps")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [CacheFolder.python, "-c", "import noida_db,os;print(os.path.dirname(noida_db.__file__))"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let path = text.trimmingCharacters(in: .whitespacesAndNewlines) + "/noida-db"
        guard process.terminationStatus == 0, FileManager.default.isExecutableFile(atPath: path) else { throw missing }
        return path
    }

    private static func freePort() throws -> UInt16 {
        try withSocket { descriptor, address in
            var address = address
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
                }
            }
            guard bound else { throw StartError(description: "no free port: \(String(cString: strerror(errno)))") }
            return UInt16(bigEndian: address.sin_port)
        }
    }

    private static func isListening(port: UInt16) -> Bool {
        withSocket { descriptor, address in
            var address = address
            address.sin_port = port.bigEndian
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        }
    }

    private static func withSocket<Result>(_ body: (Int32, sockaddr_in) throws -> Result) rethrows -> Result {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return try body(descriptor, address)
    }
}
