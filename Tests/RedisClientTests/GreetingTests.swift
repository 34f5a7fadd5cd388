import Testing

@testable import RedisClient

@Suite struct GreetingTests {
    private func greeting(_ url: String) throws -> Greeting { Greeting(try RedisURL(url)) }

    @Test func asksForWhatTheURLNames() throws {
        #expect(try greeting("redis://h").bytes == Array("*1\r\n$4\r\nPING\r\n".utf8))
        let whole = try greeting("redis://ann:pw@h/3")
        #expect(whole.count == 3)
        let expected =
            "*3\r\n$4\r\nAUTH\r\n$3\r\nann\r\n$2\r\npw\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*1\r\n$4\r\nPING\r\n"
        #expect(whole.bytes == Array(expected.utf8))
        #expect(try greeting("redis://:pw@h").bytes.starts(with: Array("*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n".utf8)))
    }

    @Test func goodAnswersAreGood() throws {
        let good: [RedisReply] = [.status("OK"), .status("OK"), .status("PONG")]
        #expect(try greeting("redis://:pw@h/3").judge(good) == nil)
    }

    @Test(arguments: [
        ("WRONGPASS invalid username-password pair or user is disabled.", RedisError.Code.authentication),
        ("ERR AUTH <password> called without any password configured for the default user.", .authentication),
        ("ERR unknown command `AUTH`, with args beginning with: `hunter2`, ", .authentication),
        ("LOADING Redis is loading the dataset in memory", .refused),
        ("ERR max number of clients reached", .refused),
    ])
    func aRefusedLoginIsToldWithoutThePassword(text: String, code: RedisError.Code) throws {
        let answers: [RedisReply] = [.error(text), .error("NOAUTH Authentication required.")]
        let error = try #require(try greeting("redis://:hunter2@h").judge(answers))
        #expect(error.code == code)
        #expect(!error.description.contains("hunter2"))
    }

    @Test func aMissingPasswordIsAskedFor() throws {
        let error = try #require(try greeting("redis://h").judge([.error("NOAUTH Authentication required.")]))
        #expect(error.code == .authentication)
        #expect(error.message.contains("redis://:password@host"))
    }

    @Test func aMissingDatabaseIsNamed() throws {
        let answers: [RedisReply] = [.error("ERR DB index is out of range"), .status("PONG")]
        let error = try #require(try greeting("redis://h/99").judge(answers))
        #expect(error.code == .refused)
        #expect(error.message.contains("99"))
    }

    @Test func aServerThatStillLoadsIsNotReady() throws {
        let error = try #require(try greeting("redis://h").judge([.error("LOADING Redis is loading")]))
        #expect(error.serverCode == "LOADING")
        #expect(error.isRetriable)
    }
}
