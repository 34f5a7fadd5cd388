import RedisClient
import TestRig
import Testing

extension ServerTests {
    @Suite struct Scripts {
        private static let add = RedisScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")

        @Test func aScriptGoesByItsDigestAfterTheFirstTime() async throws {
            try await withRedis { _, redis in
                let client = redis.client
                #expect(try await client.script(Self.add, keys: ["n"], arguments: [5]) == .integer(5))
                #expect(try await client.script(Self.add, keys: ["n"], arguments: [5]) == .integer(10))
                #expect(try await client.script(Self.add, keys: ["n"], arguments: [5]) == .integer(15))
                let statistics = try #require(try await client.command(["INFO", "commandstats"]).text)
                #expect(statistics.contains("cmdstat_eval:calls=1,"))
                #expect(statistics.contains("cmdstat_evalsha:calls=2,"))
            }
        }

        @Test func flushedScriptsAreGivenAgain() async throws {
            try await withRedis { server, redis in
                let client = redis.client
                #expect(try await client.script(Self.add, keys: ["n"], arguments: [1]) == .integer(1))
                #expect(try await client.command(["SCRIPT", "FLUSH"]).isOK)
                #expect(try await client.script(Self.add, keys: ["n"], arguments: [1]) == .integer(2))
                #expect(try await client.script(Self.add, keys: ["n"], arguments: [1]) == .integer(3))
                await server.kill()
                try await server.restart()
                try await waitUntil("the client is back") { redis.reconnects == 1 && client.isConnected }
                #expect(try await client.script(Self.add, keys: ["n"], arguments: [1]) == .integer(1))
            }
        }

        @Test func aBrokenScriptIsRefused() async throws {
            try await withRedis { _, redis in
                let client = redis.client
                let broken = try #require(await failure { try await client.script(RedisScript("return (")) })
                #expect(broken.code == .refused)
                let failing = RedisScript("return redis.error_reply('MYCODE not today')")
                for _ in 0..<2 {
                    let error = try #require(await failure { try await client.script(failing) })
                    #expect(error.serverCode == "MYCODE")
                }
            }
        }

        /// As the gateway limits a user: so many at once, then so many a second, over one key, whoever asks.
        @Test func aTokenBucketGivesNoMoreThanItHas() async throws {
            let bucket = RedisScript(
                """
                local left = tonumber(redis.call('GET', KEYS[1]) or ARGV[1])
                if left < 1 then return 0 end
                redis.call('SET', KEYS[1], left - 1, 'EX', 60)
                return 1
                """)
            try await withRedis { _, redis in
                let client = redis.client
                let taken = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<300 {
                        group.addTask {
                            let reply = try await client.script(bucket, keys: ["user:1"], arguments: [20])
                            return try #require(reply.integer)
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(taken == 20)
            }
        }
    }
}
