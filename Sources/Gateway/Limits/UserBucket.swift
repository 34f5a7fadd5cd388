import PlatformAPI
import RedisClient

/// A user's bucket of tokens in Redis: full with `requests`, and as many flow in during each window.
///
/// What is kept is not a number of tokens but the time at which the bucket is full again: to take one moves it on by the time
/// that one takes to flow in, and there is none while it is more than a window away. One script looks and takes, so that two
/// gateways never give the same token; the time is Redis's own, so that their clocks need not agree.
enum UserBucket {
    /// What becomes of an update.
    enum Verdict: Sendable, Equatable {
        case admitted
        /// There is no token, and the user has not been told so for a window.
        case firstRefused
        case refused
    }

    /// `KEYS[1]` holds when the bucket is full, until when the user has been told, both in µs since 1970, and the number of the
    /// update that was admitted last: one that Telegram sends again takes no second token. It goes when none of it matters.
    private static let script = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
        local full, told, last = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%-?%d+)$')
        if last == ARGV[3] then return 0 end
        full, told, last = math.max(tonumber(full or 0), now), tonumber(told or 0), last or '0'
        local verdict = 2
        if full + interval - now <= window then
            full, last, verdict = full + interval, ARGV[3], 0
        elseif told <= now then
            told, verdict = now + window, 1
        end
        local life = math.ceil((math.max(full, told) - now) / 1000)
        redis.call('SET', KEYS[1], string.format('%.0f %.0f %s', full, told, last), 'PX', math.max(life, 1))
        return verdict
        """)

    /// Takes a token for an update.
    static func take(
        _ redis: GatewayRedis, _ limit: BoundRateLimit, user: Int64, update: Int64, of bot: BotID
    ) async throws -> Verdict {
        let (interval, window) = parameters(limit)
        let reply = try await redis.script(
            script, keys: [.string("tgs:l:\(bot.number):\(user)")],
            arguments: [.int(interval), .int(window), .string("\(update)")])
        return switch reply.integer {
        case 1: .firstRefused
        case 2: .refused
        default: .admitted
        }
    }

    /// In µs: how long a token takes to flow in, and a whole bucket. Rounded down, so that a full bucket has all its tokens.
    static func parameters(_ limit: BoundRateLimit) -> (interval: Int, window: Int) {
        let window = max(1, limit.windowMilliseconds) * 1000
        return (max(1, window / max(1, limit.requests)), window)
    }
}
