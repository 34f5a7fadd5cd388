import Observability
import PlatformAPI
import RedisClient

/// What the replicas know together of safe updates, in Redis: a bit for each, in keys of 256 numbers that follow one another.
/// A key goes when nothing of it has become safe for ``SeenUpdates/window``.
struct RedisSharedUpdates: SharedUpdates {
    private let redis: GatewayRedis

    init(_ redis: GatewayRedis) { self.redis = redis }

    func contains(_ update: Int64, of bot: BotID) async throws -> Bool {
        let (key, bit) = Self.place(update, bot)
        return try await redis.command(["GETBIT", key, .int(bit)]).integer == 1
    }

    func insert(_ update: Int64, of bot: BotID) async throws {
        let (key, bit) = Self.place(update, bot)
        try await redis.pipeline([
            ["SETBIT", key, .int(bit), 1], ["EXPIRE", key, .int(Int(SeenUpdates.window.components.seconds))],
        ])
    }

    /// The key and the number of the bit in it.
    static func place(_ update: Int64, _ bot: BotID) -> (RedisArgument, Int) {
        let number = UInt64(bitPattern: update)
        return (
            .string("tgs:u:\(bot.number):\(number / SeenUpdates.blockSize)"), Int(number % SeenUpdates.blockSize)
        )
    }
}
