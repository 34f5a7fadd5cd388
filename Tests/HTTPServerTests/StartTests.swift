import Foundation
import HTTPServer
import HTTPTypes
import Observability
import TestRig
import Testing

@Suite struct StartTests {
    /// An address of this machine that nothing else uses, so that no other test is given a port that was free a moment
    /// ago.
    private static let ownAddress = "127.0.0.23"

    private func server(_ configuration: HTTPServer.Configuration) -> HTTPServer {
        HTTPServer(configuration, name: "test", logger: .silent) { _ in .text("ok") }
    }

    @Test func picksAFreePortAndStartsOnce() async throws {
        let server = server(HTTPServer.Configuration(host: Self.ownAddress))
        #expect(server.port == 0)
        try server.start()
        let port = server.port
        #expect(port != 0)
        try server.start()
        #expect(server.port == port)
        await server.shutdown()
        // The port is free again.
        let second = self.server(HTTPServer.Configuration(host: Self.ownAddress, port: port))
        try second.start()
        #expect(second.port == port)
        await second.shutdown()
    }

    @Test func freesItsPortWhileAChildProcessHoldsACopyOfTheSocket() async throws {
        let first = server(HTTPServer.Configuration(host: Self.ownAddress))
        try first.start()
        let port = first.port
        // What a child has between its creation and the start of its program.
        let copy = dup(try #require(listeningSocket(port)))
        defer { close(copy) }
        await first.shutdown()
        let second = server(HTTPServer.Configuration(host: Self.ownAddress, port: port))
        try second.start()
        await second.shutdown()
    }

    /// The descriptor of this process that listens on the port of ``ownAddress``.
    private func listeningSocket(_ port: UInt16) -> Int32? {
        (0..<Int32(4096)).first { descriptor in
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutableBytes(of: &address) { bytes in
                getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &size)
            }
            return result == 0 && address.sin_port == port.bigEndian
                && address.sin_addr.s_addr == inet_addr(Self.ownAddress)
        }
    }

    @Test func namesTheAddressThatIsTaken() async throws {
        let first = server(HTTPServer.Configuration())
        try first.start()
        let second = server(HTTPServer.Configuration(port: first.port))
        let error = try #require(throws: HTTPServerError.self) { try second.start() }
        #expect(error.code == .bindFailed)
        #expect(error.systemError == EADDRINUSE)
        #expect(error.isRetriable)
        #expect(error.message.contains("127.0.0.1:\(first.port)"))
        #expect(error.message.contains("Address already in use"))
        await first.shutdown()
    }

    @Test func namesAnAddressThatIsNoneOfOurs() {
        let foreign = server(HTTPServer.Configuration(host: "192.0.2.1"))
        #expect(throws: HTTPServerError.self) { try foreign.start() }
        let nonsense = server(HTTPServer.Configuration(host: String(repeating: "x", count: 300)))
        do {
            try nonsense.start()
            Issue.record("started on nonsense")
        } catch {
            #expect(error.code == .invalidAddress)
            #expect(error.message.contains("xxx:0"))
        }
    }

    @Test func oneThreadServesToo() async throws {
        try await withServer(HTTPServer.Configuration(threads: 1)) { _ in
            await Task.yield()
            return .text("ok")
        } _: { server in
            let response = try await RawConnection(port: server.port).get("/")
            #expect(response.text == "ok")
        }
    }

    @Test func servesHTTPS() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = folder.appendingPathComponent("cert.pem")
        let key = folder.appendingPathComponent("key.pem")
        let made = try await Command(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key.path, "-out",
                certificate.path,
            ]
        ).run()
        #expect(made.succeeded)
        let tls = ServerTLS(
            certificatePEM: Array(try Data(contentsOf: certificate)),
            privateKeyPEM: Sensitive(Array(try Data(contentsOf: key))))
        try await withServer(HTTPServer.Configuration(tls: tls)) { request in
            if request.path == "/later" { await Task.yield() }
            return .text("secret \(request.path) \(request.body.count)")
        } _: { server in
            let port = server.port
            let result = try await Command(
                "/usr/bin/curl",
                [
                    "--silent", "--show-error", "--max-time", "20", "--cacert", certificate.path, "--resolve",
                    "localhost:\(port):127.0.0.1", "--data", String(repeating: "x", count: 70_000),
                    "https://localhost:\(port)/now", "https://localhost:\(port)/later",
                ]
            ).run()
            #expect(result.text == "secret /now 70000secret /later 70000")
        }
        let broken = ServerTLS(certificatePEM: Array("nonsense".utf8), privateKeyPEM: tls.privateKeyPEM)
        do {
            let server = server(HTTPServer.Configuration(tls: broken))
            try server.start()
            Issue.record("started with a broken certificate")
        } catch {
            #expect(error.code == .invalidTLS)
            #expect(!error.message.contains("PRIVATE"))
        }
    }
}
