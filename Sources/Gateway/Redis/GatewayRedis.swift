import Concurrency
import Observability
import RedisClient

/// Redis as the gateway uses it: whatever fails here is gone without.
///
/// That the server is away, and that it is back, the client says once itself. That one which is there refuses (its memory is full,
/// it takes no writes) is said here, once a minute at the most.
final class GatewayRedis: Sendable {
    private static let pause = Duration.seconds(60)

    private let client: RedisClient
    private let logger: Logger
    private let lastSaid = Locked<ContinuousClock.Instant?>(nil)

    init(_ client: RedisClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    func command(_ arguments: [RedisArgument]) async throws(RedisError) -> RedisReply {
        do throws(RedisError) {
            return try await client.command(arguments)
        } catch {
            throw noted(error)
        }
    }

    /// The answers of all commands, or the first failure.
    @discardableResult
    func pipeline(_ commands: [[RedisArgument]]) async throws(RedisError) -> [RedisReply] {
        var replies: [RedisReply] = []
        for result in await client.pipeline(commands) {
            switch result {
            case .success(let reply): replies.append(reply)
            case .failure(let error): throw noted(error)
            }
        }
        return replies
    }

    func script(
        _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument]
    ) async throws(RedisError) -> RedisReply {
        do throws(RedisError) {
            return try await client.script(script, keys: keys, arguments: arguments)
        } catch {
            throw noted(error)
        }
    }

    private func noted(_ error: RedisError) -> RedisError {
        guard error.code == .refused else { return error }
        let now = ContinuousClock.now
        let isDue = lastSaid.withLock { last in
            if let last, now - last < Self.pause { return false }
            last = now
            return true
        }
        if isDue { logger.warning("Redis refuses; going on without it", ["error": .string(error.message)]) }
        return error
    }
}
