import Observability
import RedisClient
import Testing

@Suite struct RedisURLTests {
    @Test func hostAloneHasTheDefaults() throws {
        let url = try RedisURL("redis://cache.example")
        #expect(url.host == "cache.example")
        #expect(url.port == 6379)
        #expect(url.user == nil)
        #expect(url.password == nil)
        #expect(url.database == 0)
        #expect(url.description == "redis://cache.example:6379/0")
    }

    @Test func everyPartIsRead() throws {
        let url = try RedisURL("REDIS://ann:p%40ss%3Aw%C3%B6rd:x@10.0.0.7:7000/12")
        #expect(url.user == "ann")
        #expect(url.password == Sensitive("p@ss:wörd:x"))
        #expect(url.host == "10.0.0.7")
        #expect(url.port == 7000)
        #expect(url.database == 12)
    }

    @Test func passwordAloneIsOfTheDefaultUser() throws {
        let url = try RedisURL("redis://:secret@h/")
        #expect(url.user == nil)
        #expect(url.password == Sensitive("secret"))
        #expect(url.database == 0)
    }

    @Test func addressesOfVersionSixStandInBrackets() throws {
        let url = try RedisURL("redis://[::1]:7001/3")
        #expect(url.host == "::1")
        #expect(url.port == 7001)
        #expect(url.server == "[::1]:7001")
    }

    /// A password may hold any character: a malformed URL must not come back in a message.
    @Test(arguments: [
        "", "redis:", "redis//h", "http://h", "redis://", "redis://:6379", "redis://h:0", "redis://h:65536",
        "redis://h:port", "redis://h:-1", "redis://h:+1", "redis://h/-1", "redis://h/zero", "redis://h/1/2",
        "redis://h/99999999999999999999", "redis://[::1", "redis://[h]", "redis://[]", "redis://[::1]x",
        "redis://hunter2@h", "redis://ann:@h", "redis://:hun%zter2@h", "redis://:hun%2", "redis://:%ff@h",
        "redis://:hun/ter2@h", "redis://:hun?ter2@h", "redis://:hun#ter2@h", "redis://:hunter2@h o", "redis://h\u{0}",
        "redis://h?timeout=3", "redis://a b",
    ])
    func whatCannotBeReachedIsRefusedWithoutBeingRepeated(text: String) throws {
        let error = try #require(throws: RedisError.self) { try RedisURL(text) }
        #expect(error.code == .invalidURL)
        #expect(!error.isRetriable)
        #expect(!error.description.contains("hun"))
        #expect(!error.description.contains("ter2"))
    }

    @Test func tlsIsRefusedWithTheReason() throws {
        let error = try #require(throws: RedisError.self) { try RedisURL("rediss://:hunter2@h") }
        #expect(error.code == .invalidURL)
        #expect(error.message.contains("TLS"))
        #expect(error.message.contains("hiredis 0.14"))
        #expect(!error.description.contains("hunter2"))
    }

    @Test func printingShowsNoLogin() throws {
        let url = try RedisURL("redis://ann:hunter2@h:1/2")
        #expect(url.description == "redis://***@h:1/2")
        var dumped = ""
        dump(url, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(!"\(String(reflecting: url))".contains("hunter2"))
    }
}
