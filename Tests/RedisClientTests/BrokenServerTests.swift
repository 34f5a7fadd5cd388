import Foundation
import RedisClient
import Testing

extension ServerTests {
    /// What comes over the wire is not what should.
    @Suite struct BrokenServers {
        private func with(
            _ serve: @escaping @Sendable (ScriptedServer.Connection) -> Void,
            _ body: (RedisFixture) async throws -> Void
        ) async throws {
            let server = try ScriptedServer(serve)
            defer { server.stop() }
            let redis = try RedisFixture(server.url)
            do {
                try await body(redis)
                await redis.client.close()
            } catch {
                await redis.client.close()
                throw error
            }
        }

        @Test func answersMayComeInPieces() async throws {
            let answer = "*3\r\n$5\r\nh\r\nlo\r\n:-12\r\n*-1\r\n$-1\r\n"
            try await with { connection in
                connection.greet()
                guard connection.read(until: "GET\r\n$1\r\nb\r\n") else { return }
                for byte in answer.unicodeScalars {
                    connection.write(String(byte))
                    usleep(1000)
                }
                connection.readToEnd()
            } _: { redis in
                try await waitUntil("the client is connected") { redis.client.isConnected }
                let results = await redis.client.pipeline([["GET", "a"], ["GET", "b"]])
                let replies = results.map { try? $0.get() }
                #expect(replies == [.array([.string(Array("h\r\nlo".utf8)), .integer(-12), .null]), .null])
            }
        }

        @Test func whatWasAnsweredBeforeTheEndCounts() async throws {
            try await with { connection in
                connection.greet()
                guard connection.read(until: "$1\r\nc\r\n") else { return }
                connection.write("+first\r\n$10\r\nhal")
            } _: { redis in
                try await waitUntil("the client is connected") { redis.client.isConnected }
                let results = await redis.client.pipeline([["GET", "a"], ["GET", "b"], ["GET", "c"]])
                #expect((try? results[0].get()) == .status("first"))
                for result in results.dropFirst() {
                    let error = #expect(throws: RedisError.self) { try result.get() }
                    #expect(error?.code == .connectionLost)
                    #expect(error?.isRetriable == true)
                }
                #expect(redis.client.waiting == 0)
            }
        }

        @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "*2147483648\r\n", "$-7\r\n", ":a\r\n", "\u{0}\r\n"])
        func whatIsNoAnswerEndsTheConnection(text: String) async throws {
            try await with { connection in
                connection.greet()
                guard connection.read(until: "GET\r\n$1\r\na\r\n") else { return }
                connection.write(text)
                connection.readToEnd()
            } _: { redis in
                try await waitUntil("the client is connected") { redis.client.isConnected }
                let error = try #require(await failure { try await redis.client.command(["GET", "a"]) })
                #expect(error.code == .connectionLost)
                #expect((error.cause as? RedisError)?.code == .malformedReply)
            }
        }

        /// Else every answer from then on would go to the wrong one.
        @Test func anAnswerThatNobodyAskedForEndsTheConnection() async throws {
            try await with { connection in
                connection.greet()
                connection.write(":1\r\n")
                connection.readToEnd()
            } _: { redis in
                try await waitUntil("the outage is seen") { redis.logged("nobody had asked for") > 0 }
            }
        }

        @Test func aServerThatIsFullSaysSo() async throws {
            try await with { connection in
                connection.write("-ERR max number of clients reached\r\n")
            } _: { redis in
                try await waitUntil("the outage is seen") { redis.logged("Redis is away") == 1 }
                let error = try #require(await failure { try await redis.client.command(["GET", "a"]) })
                #expect(error.code == .unavailable)
                #expect(error.message.contains("maxclients"))
                #expect(!redis.client.isConnected)
            }
        }

        /// Connections are taken and nothing is said.
        @Test func aMuteServerIsGivenUp() async throws {
            let server = try ScriptedServer { $0.readToEnd() }
            defer { server.stop() }
            let redis = try RedisFixture(server.url, settings: .impatient)
            try await waitUntil("the outage is seen") { redis.logged("did not answer within") == 1 }
            #expect(!redis.client.isConnected)
            await redis.client.close()
        }
    }
}
