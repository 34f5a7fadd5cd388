import Concurrency
import RedisClient
import TestRig
import Testing

extension ServerTests {
    /// The server is killed, frozen, or slow.
    @Suite struct Outages {
        @Test func aServerThatIsNotThereFailsCallsAtOnce() async throws {
            let redis = try RedisFixture("redis://127.0.0.1:\(LoopbackPort.free())")
            let client = redis.client
            try await waitUntil("the first try has failed") { redis.logged("Redis is away") == 1 }
            let began = ContinuousClock.now
            for _ in 0..<1000 {
                let error = try #require(await failure { try await client.command(["GET", "a"]) })
                #expect(error.code == .unavailable)
                #expect(error.isRetriable)
            }
            // The patience of one call is 30 seconds here.
            #expect(began.duration(to: .now) < .seconds(30))
            #expect(redis.count("unavailable") == 1000)
            #expect(redis.connectedGauge == 0)
            await client.close()
            #expect(redis.lines.withLock { $0.count } == 1)
        }

        @Test func aKilledServerIsFoundAgainOnTheSamePort() async throws {
            try await withRedis { server, redis in
                let client = redis.client
                let codes = Locked<Set<String>>([])
                let answered = Locked(0)
                let load = Task {
                    await withTaskGroup(of: Void.self) { group in
                        for task in 0..<50 {
                            group.addTask {
                                var round = 0
                                while !Task.isCancelled {
                                    round += 1
                                    let word = "\(task)-\(round)"
                                    do throws(RedisError) {
                                        let reply = try await client.command(["ECHO", .string(word)])
                                        #expect(reply.text == word)
                                        answered.withLock { $0 += 1 }
                                    } catch {
                                        codes.withLock { _ = $0.insert(error.code.rawValue) }
                                        _ = await sleepUnlessCancelled(for: .milliseconds(5))
                                    }
                                }
                            }
                        }
                    }
                }
                for outage in 1...3 {
                    try await waitUntil("commands are answered") {
                        let before = answered.withLock { $0 }
                        _ = await sleepUnlessCancelled(for: .milliseconds(20))
                        return answered.withLock { $0 } > before
                    }
                    await server.kill()
                    try await waitUntil("the outage is seen") { !client.isConnected }
                    try await server.restart()
                    try await waitUntil("the client is back") { client.isConnected && redis.reconnects == outage }
                }
                load.cancel()
                await load.value
                #expect(codes.withLock { $0 }.isSubset(of: ["unavailable", "connectionLost", "cancelled"]))
                #expect(codes.withLock { $0 }.contains("unavailable"))
                try await waitUntil("nothing waits") { client.waiting == 0 }
                #expect(redis.logged("Redis is away") == 3)
                #expect(redis.logged("Redis is back") == 3)
                #expect(redis.lines.withLock { $0.count } == 6)
            }
        }

        @Test func aFrozenServerCostsNoMoreThanTheTimeOutAndShiftsNoAnswers() async throws {
            try await withRedis(settings: .impatient) { server, redis in
                let client = redis.client
                server.freeze()
                let began = ContinuousClock.now
                let codes = await withTaskGroup(of: RedisError.Code?.self) { group in
                    for task in 0..<100 {
                        group.addTask {
                            await failure { try await client.command(["ECHO", .string("old \(task)")]) }?.code
                        }
                    }
                    return await group.reduce(into: [:]) { counts, code in counts[code, default: 0] += 1 }
                }
                // Without a time-out there would be no end.
                #expect(began.duration(to: .now) < .seconds(30))
                #expect(codes[.timedOut, default: 0] > 0)
                #expect(codes[nil] == nil)
                #expect(
                    Set(codes.keys).isSubset(of: [.timedOut, .connectionLost, .unavailable] as Set<RedisError.Code?>))
                #expect(!client.isConnected)
                #expect(await failure { try await client.command(["GET", "a"]) }?.code == .unavailable)

                // The kernel takes connections for the frozen server: nothing but its answer may count as a return.
                _ = await sleepUnlessCancelled(for: .seconds(1))
                #expect(!client.isConnected)
                #expect(redis.lines.withLock { $0.count } == 1)

                server.thaw()
                try await waitUntil("the client is back") { client.isConnected }
                for round in 0..<200 {
                    let word = "new \(round)"
                    let results = await client.pipeline([["ECHO", .string(word)], ["ECHO", "second"]])
                    // A loaded machine may let one time out; none may get what belongs to another.
                    for (result, expected) in zip(results, [word, "second"]) {
                        if case .success(let reply) = result { #expect(reply.text == expected) }
                    }
                }
                try await waitUntil("a call is answered") {
                    await failure { try await client.command(["PING"]) } == nil
                }
            }
        }

        @Test func aSlowCommandTimesOutAndTheNextConnectionIsNew() async throws {
            try await withRedis(settings: .impatient) { _, redis in
                let client = redis.client
                let results = await client.pipeline([["DEBUG", "SLEEP", "1.5"], ["ECHO", "late"]])
                for result in results {
                    guard case .failure(let error) = result else {
                        Issue.record("answered in time: \(result)")
                        continue
                    }
                    #expect(error.code == .timedOut)
                    #expect(error.isRetriable)
                }
                try await waitUntil("the client is back") { client.isConnected && redis.reconnects == 1 }
                #expect(redis.count("timed_out") == 2)
            }
        }

        @Test func noMoreMayWaitThanTheLimit() async throws {
            var settings = RedisSettings.patient
            settings.maxWaitingCommands = 100
            try await withRedis(settings: settings) { server, redis in
                let client = redis.client
                server.freeze()
                let waiting = Task { await client.pipeline((0..<99).map { ["ECHO", .int($0)] }) }
                try await waitUntil("99 wait") { client.waiting == 99 }
                let tooMany = await client.pipeline([["PING"], ["PING"]])
                #expect(tooMany.count == 2)
                for result in tooMany { #expect(throws: RedisError.self) { try result.get() } }
                let last = Task { try await client.command(["ECHO", "last"]) }
                try await waitUntil("100 wait") { client.waiting == 100 }
                let error = try #require(await failure { try await client.command(["PING"]) })
                #expect(error.code == .overloaded)
                #expect(error.isRetriable)
                server.thaw()
                #expect(try await last.value.text == "last")
                #expect(try await waiting.value.map { try $0.get().text } == (0..<99).map { "\($0)" })
                #expect(client.waiting == 0)
                #expect(redis.count("overloaded") == 3)
                #expect(redis.reconnects == 0)
            }
        }

        @Test func noMoreBytesMayWaitThanTheLimit() async throws {
            var settings = RedisSettings.patient
            settings.maxWaitingBytes = 10_000
            try await withRedis(settings: settings) { _, redis in
                let large = RedisArgument.bytes(Array(repeating: 0x61, count: 10_000))
                let error = try #require(await failure { try await redis.client.command(["SET", "a", large]) })
                #expect(error.code == .overloaded)
                let small = RedisArgument.bytes(Array(repeating: 0x61, count: 9000))
                for _ in 0..<10 { #expect(try await redis.client.command(["SET", "a", small]).isOK) }
            }
        }

        @Test func anAnswerBeyondTheLimitEndsTheConnection() async throws {
            var settings = RedisSettings.patient
            settings.maxReplyBytes = 1 << 20
            try await withRedis(settings: settings) { _, redis in
                let client = redis.client
                let value = RedisArgument.bytes(Array(repeating: 0x61, count: 900_000))
                #expect(try await client.command(["SET", "a", value]).isOK)
                #expect(try await client.command(["GET", "a"]).bytes?.count == 900_000)
                #expect(try await client.command(["APPEND", "a", value]).integer == 1_800_000)
                let error = try #require(await failure { try await client.command(["GET", "a"]) })
                #expect(error.code == .connectionLost)
                try await waitUntil("the client is back") { client.isConnected && redis.reconnects == 1 }
                #expect(try await client.command(["STRLEN", "a"]).integer == 1_800_000)
            }
        }

        /// Nobody calls, and still the client knows that the server hangs.
        @Test func anIdleConnectionIsTried() async throws {
            var settings = RedisSettings.impatient
            settings.idleProbe = .milliseconds(100)
            try await withRedis(settings: settings) { server, redis in
                server.freeze()
                try await waitUntil("the outage is seen") { !redis.client.isConnected }
                server.thaw()
                try await waitUntil("the client is back") { redis.client.isConnected }
                #expect(redis.client.waiting == 0)
                #expect(redis.count("ok") == 0)
            }
        }
    }
}
