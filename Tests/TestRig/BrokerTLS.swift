import Foundation

/// TLS for the test broker, which speaks none: haproxy listens on the port that the broker advertises, and the broker on
/// the same port of a network namespace of its own, which a Unix socket leads into. So clients find nothing but TLS.
package final class BrokerTLS: Sendable {
    /// What clients have to show.
    package enum Clients: Sendable {
        case anybody
        /// Only those with a certificate of the broker's authority.
        case certified
    }

    /// The authority of the broker's certificate, which is for 127.0.0.1.
    package let caPEM: String
    private let folder: String
    private let port: UInt16
    private let terminator: ChildProcess

    private init(caPEM: String, folder: String, port: UInt16, terminator: ChildProcess) {
        self.caPEM = caPEM
        self.folder = folder
        self.port = port
        self.terminator = terminator
    }

    static func start(port: UInt16, clients: Clients) async throws -> BrokerTLS {
        let folder = try TestFolder.make("tls")
        try await ControlPlaneKeys.certificate(
            "ca", subject: "/CN=broker-ca", extensions: ["basicConstraints=critical,CA:TRUE"], in: folder)
        try await ControlPlaneKeys.certificate(
            "server", subject: "/CN=broker",
            extensions: [
                "basicConstraints=critical,CA:FALSE", "extendedKeyUsage=serverAuth", "subjectAltName=IP:127.0.0.1",
            ], signedByCA: true, in: folder)
        let pair = try ["crt", "key"].map { try String(contentsOfFile: "\(folder)/server.\($0)", encoding: .utf8) }
        try pair.joined().write(toFile: "\(folder)/server.pem", atomically: true, encoding: .utf8)
        let check = clients == .certified ? " ca-file \(folder)/ca.crt verify required" : ""
        try write(
            "outer", listen: "127.0.0.1:\(port) ssl crt \(folder)/server.pem\(check)",
            server: "unix@\(folder)/broker.sock", in: folder)
        try write("inner", listen: "unix@\(folder)/broker.sock", server: "127.0.0.1:\(port)", in: folder)
        return BrokerTLS(
            caPEM: try String(contentsOfFile: "\(folder)/ca.crt", encoding: .utf8), folder: folder, port: port,
            terminator: try ChildProcess(
                program, ["-db", "-q", "-f", "\(folder)/outer.cfg"], log: TestFolder.logFile("haproxy", in: folder)))
    }

    /// The command that runs the broker's own in its namespace. The process stays the broker: signals reach it.
    func wrapped(_ command: [String]) -> [String] {
        let script = """
            ip link set lo up || exit 1
            setpriv --pdeathsig KILL -- "$1" -db -q -f "$2" &
            shift 2
            exec "$@"
            """
        return ["unshare", "--map-root-user", "--net", "sh", "-c", script, "sh", Self.program, "\(folder)/inner.cfg"]
            + command
    }

    /// Whether there is a way to the broker's namespace.
    var isConnected: Bool { FileManager.default.fileExists(atPath: "\(folder)/broker.sock") }

    /// A certificate that the broker takes of clients, and its key.
    package func clientCertificate(_ name: String) async throws -> (certificatePEM: String, privateKeyPEM: String) {
        try await ControlPlaneKeys.makeClientCertificate(name: name, groups: [], in: folder)
    }

    func stop() async {
        await terminator.terminate()
        TestFolder.remove(folder)
    }

    /// Debian puts it where not every `PATH` leads.
    private static let program = "/usr/sbin/haproxy"

    private static func write(_ name: String, listen: String, server: String, in folder: String) throws {
        let text = """
            defaults
              mode tcp
              timeout connect 5s
              timeout client 1h
              timeout server 1h
            listen kafka
              bind \(listen)
              server kafka \(server)

            """
        try text.write(toFile: "\(folder)/\(name).cfg", atomically: true, encoding: .utf8)
    }
}
