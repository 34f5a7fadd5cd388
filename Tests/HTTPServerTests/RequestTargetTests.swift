import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct RequestTargetTests {
    @Test(arguments: [
        ("/", "/", "/"), ("/health", "/health", "/health"), ("//drain", "/drain", "/drain"),
        ("///a//b", "/a//b", "/a//b"), ("/a%20b?x=1", "/a b", "/a%20b"), ("/a%2Fb", "/a/b", "/a%2Fb"),
        ("", "/", "/"), ("?x", "/", "/"), ("*", "*", "*"), ("http://host:80/p?q", "/p", "/p"),
        ("http://host", "/", "/"), ("/%zz%4", "/%zz%4", "/%zz%4"), ("/caf%C3%A9", "/café", "/caf%C3%A9"),
        ("/%41", "/A", "/%41"), ("/bot1:a", "/bot1:a", "/bot1:a"),
    ])
    func pathIsDecoded(target: String, path: String, encoded: String) {
        let parts = RequestTarget(target)
        #expect(parts.path == path)
        #expect(parts.encodedPath == encoded)
    }

    @Test func bytesThatAreNoUTF8AreReplaced() {
        #expect(RequestTarget("/%FF").path == "/\u{FFFD}")
    }

    @Test func queryIsDecodedInOrder() {
        let query = RequestTarget("/p?a=1&b=x+y%2B&a=2&flag&=v&e=%C3%A9&u==").query
        #expect(query.map(\.name) == ["a", "b", "a", "flag", "", "e", "u"])
        #expect(query.map(\.value) == ["1", "x y+", "2", "", "v", "é", "="])
        #expect(RequestTarget("/p").query.isEmpty)
        #expect(RequestTarget("/p?").query.isEmpty)
    }

    @Test func requestFindsItsFirstParameter() {
        let request = HTTPServerRequest(method: .get, target: "//x?a=1&a=2")
        #expect(request.query("a") == "1")
        #expect(request.query("b") == nil)
        #expect(request.target == "//x?a=1&a=2")
        #expect(request.path == "/x")
    }
}
