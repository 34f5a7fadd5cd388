import Testing

@testable import HTTPClient

@Suite struct RequestTargetTests {
    @Test(arguments: [
        ("http://example.com", "http://example.com:80/", "example.com"),
        ("HTTPS://Example.com:8443/a?b#c", "https://Example.com:8443/a?b", "Example.com:8443"),
        ("https://example.com:443?x=1", "https://example.com:443/?x=1", "example.com"),
        ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/", "[2001:db8::1]:8080"),
        ("http://10.0.0.1//drain", "http://10.0.0.1:80//drain", "10.0.0.1"),
        ("https://api.telegram.org/bot1:x/getMe", "https://api.telegram.org:443/bot1:x/getMe", "api.telegram.org"),
        ("http://a.example/@b", "http://a.example:80/@b", "a.example"),
    ])
    func isTakenApart(_ url: String, _ rebuilt: String, _ authority: String) throws {
        let target = try RequestTarget(url)
        #expect(target.url() == rebuilt)
        #expect(target.authority == authority)
    }

    @Test(arguments: [
        "", "example.com/secret", "/secret", "ftp://example.com/secret", "file:///secret", "http:///secret",
        "http://user:secret@example.com/", "http://example.com:0/secret", "http://example.com:65536/secret",
        "http://example.com:/secret", "http://example.com:8a/secret", "http://exam ple.com/secret",
        "http://example.com/secret\r\nX: y", "http://example.com/sécret", "http://[::1/secret", "http://[secret]/",
        "http://[::1]x/secret", "http://example.com\\@other.example/secret", "http://exa%6dple.com/secret",
    ])
    func isRefusedWithoutRepeatingIt(_ url: String) throws {
        let error = try #require(#expect(throws: HTTPClientError.self) { try RequestTarget(url) })
        #expect(error.code == .invalidURL)
        #expect(!error.requestWasSent)
        #expect(!error.message.contains("secret"))
    }

    @Test func leadsFromAnotherName() throws {
        let target = try RequestTarget("https://[::1]:6443/api")
        #expect(target.url(host: "kubernetes") == "https://kubernetes:6443/api")
        #expect(target.connectTo(from: "kubernetes") == "kubernetes:6443:[::1]:6443")
    }
}
