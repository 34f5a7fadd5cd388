import Concurrency
import Foundation
import Gateway
import HTTPClient
import HTTPTypes
import KafkaClient
import Observability
import PlatformAPI
import RedisClient
import Simulator
import TestRig
import Testing

extension GatewayIntegrationTests {
    @Test func replicasKnowThroughRedisWhatTheOthersHaveTaken() async throws {
        try await RedisServer.with(password: "s3cret") { redis in
            try await GatewayRig.run { rig in
                let bot = try await rig.makeBot(4300)
                let settings = rig.settings(redis)
                let lines = Locked<[String]>([])
                let logger = Logger(label: "one", level: .info, sink: { line in lines.withLock { $0.append(line) } })
                let one = try RunningGateway(settings, http: rig.http, logger: logger)
                let two = try RunningGateway(settings, http: rig.http)
                let inspector = try RedisClient(url: RedisURL(redis.url), settings: .patient, logger: .silent)
                func isKnown(_ update: Int) async throws {
                    try await eventually("update \(update) is known to all") {
                        let reply = try await inspector.command([
                            "GETBIT", .string("tgs:u:4300:\(update / 256)"), .int(update % 256),
                        ])
                        return reply.integer == 1
                    }
                }
                for gateway in [one, two] {
                    rig.bind(bot, to: gateway)
                    try await eventually("Redis is there") { gateway.redisIsUp }
                }

                // Taken by the one, a duplicate for the other.
                try await rig.take(one, update: 1000)
                try await isKnown(1000)
                try await rig.take(two, update: 1000)
                #expect(one.metrics.webhooks.value(["duplicate"]) == 0)
                #expect(two.metrics.webhooks.value(["duplicate"]) == 1)

                // Killed in the middle of traffic, which goes on.
                for update in 1...40 {
                    if update == 10 { await redis.kill() }
                    try await rig.take(update % 2 == 0 ? one : two, update: update)
                }
                for gateway in [one, two] { try await eventually("the outage is seen") { !gateway.redisIsUp } }
                let failures = one.metrics.sharedUpdatesFailures.value()
                #expect(failures >= 10)
                let said = lines.withLock { $0.count { $0.contains("Redis is away") } }
                #expect(said >= 1 && Double(said) < failures)
                // What a replica has taken itself it knows without Redis.
                try await rig.take(two, update: 39)
                #expect(two.metrics.webhooks.value(["duplicate"]) == 2)

                // Back, and empty.
                try await redis.restart()
                for gateway in [one, two] { try await eventually("Redis is back") { gateway.redisIsUp } }
                try await rig.take(one, update: 2000)
                try await eventually("the inspector is connected") { inspector.isConnected }
                try await isKnown(2000)
                try await rig.take(two, update: 2000)
                #expect(two.metrics.webhooks.value(["duplicate"]) == 3)

                // A gateway that is restarted remembers.
                try await two.stop()
                let three = try RunningGateway(settings, http: rig.http)
                rig.bind(bot, to: three)
                try await eventually("Redis is there") { three.redisIsUp }
                try await rig.take(three, update: 2000)
                #expect(three.metrics.webhooks.value(["duplicate"]) == 1)
                let life = try await inspector.command(["TTL", "tgs:u:4300:\(2000 / 256)"]).integer ?? 0
                #expect(life > 24 * 3600 && life <= 25 * 3600)

                let records = try await rig.records([BotID(number: 4300).incomingTopic], count: 42)
                let updates = records.compactMap { record in
                    record.headers.first { $0.0 == "update-id" }.map { String(decoding: $0.1, as: UTF8.self) }
                }
                #expect(updates.sorted() == ((1...40).map { $0 } + [1000, 2000]).map { "\($0)" }.sorted())
                await inspector.close()
                try await one.stop()
                try await three.stop()
            }
        }
    }
}

extension GatewayRig {
    /// With Redis, which is waited for as long as a loaded machine needs.
    func settings(_ redis: RedisServer) -> GatewaySettings {
        var settings = settings
        settings.use(redis)
        return settings
    }

    /// Posts an update, which must be answered 200.
    func take(_ gateway: RunningGateway, bot: Int64 = 4300, update: Int) async throws {
        let body = #"{"update_id":\#(update),"message":{"chat":{"id":5},"from":{"id":5}}}"#
        #expect(try await post(gateway, "bot_\(bot)", Array(body.utf8)).status == .ok)
    }
}

extension RunningGateway {
    /// Whether commands go through.
    var redisIsUp: Bool { registry.gauge("redis_connected", help: "").value() == 1 }
}

extension RedisSettings {
    /// For a test's own looks.
    static var patient: RedisSettings {
        var settings = RedisSettings()
        settings.timeout = .seconds(20)
        settings.longestPause = .milliseconds(200)
        return settings
    }
}
