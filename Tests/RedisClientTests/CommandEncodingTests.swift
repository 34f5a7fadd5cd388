import Testing

@testable import RedisClient

@Suite struct CommandEncodingTests {
    private func encoded(_ command: [RedisArgument]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try CommandEncoding.append(command, to: &bytes)
        return bytes
    }

    @Test func lengthsAreOfBytes() throws {
        let bytes = try encoded(["SET", "schlüssel", .bytes([0, 13, 10, 255]), 90_000, -1, ""])
        let text =
            Array("*6\r\n$3\r\nSET\r\n$10\r\nschlüssel\r\n$4\r\n".utf8) + [0, 13, 10, 255]
            + Array("\r\n$5\r\n90000\r\n$2\r\n-1\r\n$0\r\n\r\n".utf8)
        #expect(bytes == text)
    }

    @Test func appendsBehindWhatIsThere() throws {
        var bytes = Array("x".utf8)
        try CommandEncoding.append(["GET", "a"], to: &bytes)
        try CommandEncoding.append(["GET", "b"], to: &bytes)
        #expect(bytes == Array("x*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n".utf8))
    }

    @Test(
        arguments: [
            [], [""], [1], ["SUBSCRIBE", "c"], ["subscribe", "c"], [.bytes(Array("BlPop".utf8)), "l", 0], ["MULTI"],
            ["SELECT", 1], ["CLIENT", "REPLY", "OFF"], ["HELLO", 3], ["AUTH", "hunter2"], ["MONITOR"], ["RESET"],
        ] as [[RedisArgument]])
    func whatASharedConnectionCannotCarryIsRefused(command: [RedisArgument]) throws {
        let error = try #require(throws: RedisError.self) { try encoded(command) }
        #expect(error.code == .invalidArgument)
        #expect(!error.isRetriable)
        #expect(!error.description.contains("hunter2"))
    }

    @Test func aRefusalDoesNotRepeatTheCommand() {
        let error = RedisError.refused("ERR unknown command 'GTE', with args beginning with: 'hunter2' ")
        #expect(error.serverCode == "ERR")
        #expect(!error.description.contains("hunter2"))
        #expect(
            RedisError.refused("ERR unknown command `AUTH`, with args beginning with: `hunter2`").message.count < 70)
        #expect(RedisError.refused("LOADING Redis is loading the dataset in memory").isRetriable)
        #expect(!RedisError.refused("WRONGTYPE Operation against a key").isRetriable)
        #expect(RedisError.refused("nothing in capitals").serverCode == nil)
    }
}
