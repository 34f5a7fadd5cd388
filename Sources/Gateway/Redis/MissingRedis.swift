import Concurrency
import Observability
import PlatformAPI

/// Says once in a gateway's life that a bot wants what there is no Redis for.
final class MissingRedis: Sendable {
    private let wasTold = Locked(false)
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    func tell(_ what: String, _ bot: BotID) {
        let isFirst = wasTold.withLock { told in
            defer { told = true }
            return !told
        }
        guard isFirst else { return }
        logger.warning(
            "\(what), but there is no Redis to keep it in: give --redis-url-file", ["bot_id": .string("\(bot)")])
    }
}
