import FoundationEssentials
import JSON
import PlatformAPI
import RedisClient

/// What services call the users, by bot and Telegram's number of the user. May be away at any time.
protocol SessionStore: Sendable {
    /// `nil`: there is no session. Lets a session last its time anew.
    func user(_ user: Int64, of bot: BotID) async throws -> JSONValue?
    /// - Parameter value: a text or a whole number; `nil` ends the session.
    func set(_ value: JSONValue?, for user: Int64, of bot: BotID) async throws
}

/// Sessions in Redis: a key each, which goes when it has not been used for its time.
struct RedisSessions: SessionStore {
    private let redis: GatewayRedis
    private let life: Int

    /// - Parameter life: how long a session lasts that is not used; at least a second.
    init(_ redis: GatewayRedis, life: Duration) {
        self.redis = redis
        self.life = max(1, Int(life.components.seconds))
    }

    func user(_ user: Int64, of bot: BotID) async throws -> JSONValue? {
        let key = Self.key(user, bot)
        let replies = try await redis.pipeline([["GET", key], ["EXPIRE", key, .int(life)]])
        guard let bytes = replies.first?.bytes else { return nil }
        return try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    func set(_ value: JSONValue?, for user: Int64, of bot: BotID) async throws {
        guard let value else {
            _ = try await redis.command(["DEL", Self.key(user, bot)])
            return
        }
        let text = Array(try JSONEncoder().encode(value))
        _ = try await redis.command(["SET", Self.key(user, bot), .bytes(text), "EX", .int(life)])
    }

    private static func key(_ user: Int64, _ bot: BotID) -> RedisArgument { .string("tgs:s:\(bot.number):\(user)") }
}
