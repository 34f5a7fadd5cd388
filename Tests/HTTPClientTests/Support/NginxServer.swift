import Foundation
import Glibc
import Testing

import TestRig

/// nginx in the foreground on free ports of 127.0.0.1, with its files in a temporary folder.
struct NginxServer {
    let certificates: Certificates
    /// TLS with HTTP/2.
    let http2: UInt16
    /// TLS with HTTP/1.1 alone.
    let http1: UInt16
    /// TLS with HTTP/2 for clients with a certificate of the authority.
    let mutual: UInt16

    /// The length of `/large`, bytes.
    static let largeBytes = 96 << 20

    /// Runs `body` with a server that is stopped behind it. `/info` tells protocol, connection's number, SNI and `Host`;
    /// `/large` is a long file; `/slow` sends a kilobyte a second.
    static func with(_ body: (NginxServer) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "http-client-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = NginxServer(
            certificates: try Certificates(in: folder), http2: try RawServer.freePort(),
            http1: try RawServer.freePort(), mutual: try RawServer.freePort())
        try Data(server.configuration.utf8).write(to: folder.appending(path: "nginx.conf"))
        let large = folder.appending(path: "large")
        try Data().write(to: large)
        let handle = try FileHandle(forWritingTo: large)
        try handle.truncate(atOffset: UInt64(largeBytes))
        try handle.close()

        let process = try ChildProcess(
            "/usr/sbin/nginx",
            ["-p", folder.path, "-e", "error.log", "-c", folder.appending(path: "nginx.conf").path],
            log: folder.appending(path: "output.log").path)
        defer { process.signal(SIGKILL) }
        let isUp = await eventually { server.answers }
        try #require(isUp, "nginx did not start")
        try await body(server)
    }

    func url(_ port: UInt16, _ path: String = "/info") -> String { "https://127.0.0.1:\(port)\(path)" }

    private var answers: Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = http2.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private var configuration: String {
        let user = getuid() == 0 ? "user root;" : ""
        let locations = """
            root .;
            location = /info {
                return 200 "$server_protocol $connection $ssl_server_name $http_host $ssl_client_s_dn";
            }
            location = /slow { alias large; limit_rate_after 4k; limit_rate 1k; }
            """
        return """
            daemon off; master_process off; pid nginx.pid; \(user)
            events { worker_connections 512; }
            http {
                access_log off;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                ssl_certificate server.pem;
                ssl_certificate_key server.key;
                server { listen 127.0.0.1:\(http2) ssl http2; \(locations) }
                server { listen 127.0.0.1:\(http1) ssl; \(locations) }
                server {
                    listen 127.0.0.1:\(mutual) ssl http2;
                    ssl_client_certificate ca.pem; ssl_verify_client on;
                    \(locations)
                }
            }
            """
    }
}
