import Concurrency
import Glibc
import HTTPClient
import HTTPTypes
import Observability
import Testing

/// Proxies are used when asked for, and only then.
@Suite(.serialized) struct ProxyTests {
    /// Asks for a host that only a proxy could know; the target it was asked with, or the client's error.
    private func ask(_ proxy: (RawServer) -> HTTPClient.Configuration.Proxy) async throws -> [String] {
        let targets = Locked<[String]>([])
        try await RawServer.with({ connection in
            while let request = try connection.readRequest() {
                targets.withLock { $0.append(request.target) }
                try connection.answer("by proxy")
            }
        }) { server in
            setenv("http_proxy", "http://127.0.0.1:\(server.port)", 1)
            defer { unsetenv("http_proxy") }
            try await withClient(.with { $0.proxy = proxy(server) }) { client in
                let response = try await client.execute(HTTPRequest(.get, "http://nobody.invalid/path"))
                #expect(response.body == Array("by proxy".utf8))
            }
        }
        return targets.withLock { $0 }
    }

    @Test func theEnvironmentIsIgnoredUnlessAsked() async throws {
        let error = try await clientError { _ = try await ask { _ in .none } }
        #expect(error.code == .resolveFailed)
        #expect(try await ask { _ in .environment } == ["http://nobody.invalid/path"])
    }

    @Test func aGivenProxyIsUsed() async throws {
        let targets = try await ask { .url(Sensitive("http://127.0.0.1:\($0.port)")) }
        #expect(targets == ["http://nobody.invalid/path"])
    }
}
