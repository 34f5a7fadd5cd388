import Concurrency
import RedisClient
import TestRig
import Testing

extension ServerTests {
    /// A real server each.
    @Suite struct Commands {
        @Test func everyKindOfAnswer() async throws {
            try await withRedis { _, redis in
                let client = redis.client
                #expect(try await client.command(["SET", "a", "1", "NX", "EX", 90_000]).isOK)
                #expect(try await client.command(["SET", "a", "2", "NX", "EX", 90_000]).isNull)
                #expect(try await client.command(["GET", "a"]).text == "1")
                #expect(try await client.command(["GET", "absent"]) == .null)
                #expect(try await client.command(["INCRBY", "a", -43]).integer == -42)
                #expect(try await client.command(["EXPIRE", "a", 60]) == .integer(1))
                #expect(try await client.command(["RPUSH", "l", "x", "y", ""]) == .integer(3))
                #expect(
                    try await client.command(["LRANGE", "l", 0, -1]).array
                        == [.string([0x78]), .string([0x79]), .string([])])
                #expect(try await client.command(["LRANGE", "none", 0, -1]) == .array([]))
                let nested = try await client.command([
                    "EVAL", "return {1, false, {'a', {err='MY no'}}, {ok='FINE'}}", 0,
                ])
                #expect(
                    nested
                        == .array([.integer(1), .null, .array([.string([0x61]), .error("MY no")]), .status("FINE")]))
                let error = try #require(await failure { try await client.command(["INCR", "l"]) })
                #expect(error.code == .refused)
                #expect(error.serverCode == "WRONGTYPE")
                #expect(!error.isRetriable)
                #expect(redis.count("refused") == 1)
                #expect(redis.count("ok") == 10)
                #expect(redis.connectedGauge == 1)
            }
        }

        @Test func bytesStayAsTheyAre() async throws {
            try await withRedis { _, redis in
                let all = (0...255).map { UInt8($0) }
                let key = RedisArgument.bytes([0, 13, 10] + all)
                let value = all + all
                for (key, value) in [(key, value), ("", [])] {
                    let set = try await redis.client.command(["SET", key, .bytes(value)])
                    #expect(set.isOK)
                    let got = try await redis.client.command(["GET", key])
                    #expect(got.bytes == value)
                }
            }
        }

        @Test func bigValuesPassInBothDirections() async throws {
            try await withRedis { _, redis in
                let client = redis.client
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<8 {
                        group.addTask {
                            let value = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
                            let key = RedisArgument.string("big\(index)")
                            let set = try await client.command(["SET", key, .bytes(value)])
                            #expect(set.isOK)
                            let got = try await client.command(["GET", key])
                            #expect(got.bytes == value)
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(client.waiting == 0)
            }
        }

        @Test func aPipelineAnswersInOrderAndKeepsGoingAfterARefusal() async throws {
            try await withRedis { _, redis in
                let results = await redis.client.pipeline([
                    ["SET", "a", "x"], ["INCR", "a"], ["GET", "a"], ["SET", "a", "y", "NX"],
                ])
                let replies = results.map { try? $0.get() }
                #expect(replies == [.status("OK"), nil, .string([0x78]), .null])
                #expect(await redis.client.pipeline([]).isEmpty)
                let refused = await redis.client.pipeline([["SET", "b", "1"], ["MULTI"]])
                #expect(refused.count == 2)
                let other = try await redis.client.command(["GET", "b"])
                #expect(other.isNull)
            }
        }

        /// As the gateway removes duplicates: many updates, one call, each id once.
        @Test func manyIDsAreClaimedOnce() async throws {
            try await withRedis { _, redis in
                let client = redis.client
                let commands = (0..<2000).map { id in
                    [.string("SET"), .string("seen:\(id)"), "1", "NX", "EX", 90_000] as [RedisArgument]
                }
                let claims = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<4 {
                        group.addTask { try await client.pipeline(commands).count { try $0.get().isOK } }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(claims == 2000)
            }
        }

        @Test func aThousandTasksGetTheirOwnAnswers() async throws {
            try await withRedis { _, redis in
                let client = redis.client
                let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
                    for task in 0..<1000 {
                        group.addTask {
                            var wrong = 0
                            for round in 0..<10 {
                                let word = "task \(task), round \(round)"
                                let reply = try await client.command(["ECHO", .string(word)])
                                if reply.text != word { wrong += 1 }
                            }
                            return wrong
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(wrong == 0)
                #expect(client.waiting == 0)
                #expect(redis.count("ok") == 10_000)
            }
        }

        /// Their commands stay in the stream, and their answers must not go to others.
        @Test func cancelledTasksLeaveTheAnswersOfOthersAlone() async throws {
            try await withRedis { _, redis in
                let client = redis.client
                let cancelled = await withTaskGroup(of: Bool.self) { group in
                    for task in 0..<1000 {
                        group.addTask {
                            let error = await failure { try await client.command(["ECHO", .string("gone \(task)")]) }
                            return error?.code == .cancelled
                        }
                    }
                    group.cancelAll()
                    for task in 0..<200 {
                        let word = "stays \(task)"
                        let reply = await client.pipeline([["ECHO", .string(word)]])
                        #expect((try? reply[0].get())?.text == word)
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(cancelled > 0)
                try await waitUntil("nothing waits") { client.waiting == 0 }
                #expect(try await client.command(["ECHO", "last"]).text == "last")
                #expect(redis.reconnects == 0)
            }
        }

        @Test func aTaskCancelledWhileTheServerSleepsReturnsAtOnce() async throws {
            try await withRedis { server, redis in
                let client = redis.client
                server.freeze()
                let task = Task { await failure { try await client.command(["ECHO", "gone"]) } }
                try await waitUntil("the command waits") { client.waiting == 1 }
                task.cancel()
                #expect(await task.value?.code == .cancelled)
                server.thaw()
                #expect(try await client.command(["ECHO", "mine"]).text == "mine")
                #expect(redis.reconnects == 0)
            }
        }

        @Test func databasesAreApart() async throws {
            try await withRedis { server, redis in
                _ = try await redis.client.command(["SET", "where", "zero"])
                let other = try RedisFixture(server.url + "/3")
                try await waitUntil("the client is connected") { other.client.isConnected }
                #expect(try await other.client.command(["GET", "where"]).isNull)
                await other.client.close()
                let none = try RedisFixture(server.url + "/99")
                try await waitUntil("the server has refused") { none.logged("Redis is away") == 1 }
                let error = try #require(await failure { try await none.client.command(["GET", "where"]) })
                #expect(error.code == .unavailable)
                #expect(error.message.contains("no database 99"))
                await none.client.close()
            }
        }

        @Test func aPasswordIsNeededAndNeverTold() async throws {
            try await withRedis(password: "opensesame") { server, redis in
                #expect(try await redis.client.command(["PING"]).text == "PONG")
                for (url, code) in [
                    ("redis://:hunter2@127.0.0.1:\(server.port)", "WRONGPASS"),
                    ("redis://nobody:hunter2@127.0.0.1:\(server.port)", "WRONGPASS"),
                    ("redis://127.0.0.1:\(server.port)", "NOAUTH"),
                ] {
                    let other = try RedisFixture(url)
                    try await waitUntil("the server has refused") { other.logged("Redis is away") == 1 }
                    let error = try #require(await failure { try await other.client.command(["PING"]) })
                    #expect(error.code == .unavailable)
                    let cause = try #require(error.cause as? RedisError)
                    #expect(cause.code == .authentication)
                    #expect(cause.serverCode == code)
                    #expect(!"\(error) \(String(reflecting: error)) \(other.lines.withLock { $0 })".contains("hunter2"))
                    #expect(!other.client.isConnected)
                    await other.client.close()
                }
            }
        }

        @Test func closedMeansClosed() async throws {
            try await withRedis { server, redis in
                let client = redis.client
                server.freeze()
                let waiting = Task { await failure { try await client.command(["GET", "a"]) } }
                try await waitUntil("the command waits") { client.waiting == 1 }
                let running = Task { try await client.run() }
                await client.shutdown()
                try await running.value
                #expect(await waiting.value?.code == .closed)
                #expect(await failure { try await client.command(["GET", "a"]) }?.code == .closed)
                #expect(!client.isConnected)
                #expect(redis.connectedGauge == 0)
                await client.close()
                #expect(redis.lines.withLock { $0 } == [])
            }
        }

        @Test func aClientThatNobodyHoldsIsGone() async throws {
            try await withRedis { server, redis in
                var other: RedisFixture? = try RedisFixture(server.url)
                try await waitUntil("both are connected") {
                    let list = try? await redis.client.command(["INFO", "clients"]).text
                    return list?.contains("connected_clients:2") == true
                }
                #expect(other != nil)
                other = nil
                try await waitUntil("one is gone") {
                    let list = try? await redis.client.command(["INFO", "clients"]).text
                    return list?.contains("connected_clients:1") == true
                }
            }
        }
    }
}
