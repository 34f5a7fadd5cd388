import Concurrency
import HTTPClient
import HTTPTypes
import Observability
import Testing

/// TLS and HTTP/2 against nginx.
@Suite(.serialized) struct TLSTests {
    private func text(_ client: HTTPClient, _ url: String) async throws -> [String] {
        let response = try await client.execute(HTTPRequest(.get, url))
        try #require(response.status == .ok)
        return String(decoding: response.body, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
            .map(String.init)
    }

    @Test func trustsTheGivenAuthorityAlone() async throws {
        try await NginxServer.with { server in
            let authority = try server.certificates.read("ca.pem")
            let other = try server.certificates.read("other-ca.pem")
            try await withClient(.with { $0.tls.caPEM = authority }) { client in
                let words = try await text(client, server.url(server.http1))
                #expect(words[0] == "HTTP/1.1")
            }
            for untrusting in [TLS(caPEM: other), TLS()] {
                try await withClient(.with { $0.tls = untrusting }) { client in
                    let error = try await clientError { _ = try await text(client, server.url(server.http2)) }
                    #expect(error.code == .tls)
                    #expect(!error.requestWasSent)
                    #expect(!error.isRetriable)
                }
            }
            try await withClient(.with { $0.tls = TLS(verifyPeer: false) }) { client in
                let words = try await text(client, server.url(server.http2))
                #expect(words[0] == "HTTP/2.0")
            }
            try await withClient(.with { $0.tls = TLS(caPEM: Array("no certificate".utf8)) }) { client in
                let error = try await clientError { _ = try await text(client, server.url(server.http2)) }
                #expect(error.code == .tls)
            }
        }
    }

    @Test func theCertificateMustBeForTheName() async throws {
        try await NginxServer.with { server in
            let authority = try server.certificates.read("ca.pem")
            try await withClient(.with { $0.tls = TLS(caPEM: authority, serverName: "api.example.test") }) { client in
                let words = try await text(client, server.url(server.http2))
                #expect(words[2] == "api.example.test")
                #expect(words[3] == "127.0.0.1:\(server.http2)")
                #expect(try await text(client, server.url(server.http1))[3] == "127.0.0.1:\(server.http1)")
            }
            try await withClient(.with { $0.tls = TLS(caPEM: authority, serverName: "other.example.test") }) { client in
                let error = try await clientError { _ = try await text(client, server.url(server.http2)) }
                #expect(error.code == .tls)
                #expect(!error.requestWasSent)
            }
        }
    }

    @Test func provesItselfWithItsCertificate() async throws {
        try await NginxServer.with { server in
            let authority = try server.certificates.read("ca.pem")
            let certificate = try server.certificates.read("client.pem")
            let key = Sensitive(try server.certificates.read("client.key"))
            let wrongKey = Sensitive(try server.certificates.read("server.key"))
            let mutual = TLS(caPEM: authority, certificatePEM: certificate, privateKeyPEM: key)
            try await withClient(.with { $0.tls = mutual }) { client in
                let words = try await text(client, server.url(server.mutual))
                #expect(words[4] == "CN=client")
            }
            try await withClient(.with { $0.tls = TLS(caPEM: authority) }) { client in
                let response = try await client.execute(HTTPRequest(.get, server.url(server.mutual)))
                #expect(response.status == .badRequest)
            }
            let unfit = TLS(caPEM: authority, certificatePEM: certificate, privateKeyPEM: wrongKey)
            try await withClient(.with { $0.tls = unfit }) { client in
                let error = try await clientError { _ = try await text(client, server.url(server.mutual)) }
                #expect(error.code == .tls)
                #expect(!error.requestWasSent)
            }
            let error = #expect(throws: HTTPClientError.self) {
                _ = try HTTPClient(.with { $0.tls = TLS(certificatePEM: certificate) })
            }
            #expect(error?.code == .invalidConfiguration)
        }
    }

    @Test func manyRequestsShareOneConnectionOfHTTP2() async throws {
        try await NginxServer.with { server in
            let authority = try server.certificates.read("ca.pem")
            try await withClient(.with { $0.tls.caPEM = authority }) { client in
                let answers = try await withThrowingTaskGroup(of: [String].self) { group in
                    for _ in 0..<80 { group.addTask { try await text(client, server.url(server.http2)) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.count == 80)
                #expect(answers.allSatisfy { $0[0] == "HTTP/2.0" })
                #expect(Set(answers.map { $0[1] }).count == 1)
                let response = try await client.execute(HTTPRequest(.get, server.url(server.http2)))
                #expect(response.version == "2")
            }
            try await withClient(
                .with {
                    $0.tls.caPEM = authority; $0.http2 = false
                }
            ) { client in
                let words = try await text(client, server.url(server.http2))
                #expect(words[0] == "HTTP/1.1")
            }
        }
    }

    @Test func aStreamNobodyReadsDoesNotHoldUpTheOthers() async throws {
        try await NginxServer.with { server in
            let authority = try server.certificates.read("ca.pem")
            try await withClient(.with { $0.tls.caPEM = authority }) { client in
                let stream = try await client.stream(HTTPRequest(.get, server.url(server.http2, "/large")))
                #expect(stream.version == "2")
                try await Task.sleep(for: .milliseconds(500))
                for _ in 0..<20 { #expect(try await text(client, server.url(server.http2))[0] == "HTTP/2.0") }
                var received = 0
                for try await chunk in stream.body { received += chunk.count }
                #expect(received == NginxServer.largeBytes)
            }
        }
    }

    @Test func cancellingOneStreamLeavesTheOthersAlone() async throws {
        try await NginxServer.with { server in
            let authority = try server.certificates.read("ca.pem")
            try await withClient(
                .with {
                    $0.tls.caPEM = authority; $0.maxResponseBytes = 1 << 30
                }
            ) { client in
                let before = try await text(client, server.url(server.http2))
                let slow = Task {
                    _ = try await client.execute(HTTPRequest(.get, server.url(server.http2, "/slow"), timeout: nil))
                }
                let stream = try await client.stream(HTTPRequest(.get, server.url(server.http2, "/slow"), timeout: nil))
                #expect(stream.status == .ok)
                slow.cancel()
                stream.body.cancel()
                let error = try await clientError { try await slow.value }
                #expect(error.code == .cancelled)
                let behind = try await text(client, server.url(server.http2))
                #expect(behind[1] == before[1])
            }
        }
    }
}
