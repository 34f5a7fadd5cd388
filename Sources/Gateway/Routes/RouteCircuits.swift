import Concurrency
import Observability
import PlatformAPI

/// The circuit breakers of all services, one for each service of each bot: a bot whose service is broken does not open
/// another bot's.
final class RouteCircuits: Sendable {
    private struct Key: Hashable, Sendable {
        let bot: BotID
        /// Scheme, host and port.
        let service: String
    }

    private let breakers = Locked<[Key: CircuitBreaker]>([:])
    private let metrics: RouteMetrics
    private let logger: Logger

    init(metrics: RouteMetrics, logger: Logger) {
        self.metrics = metrics
        self.logger = logger
    }

    /// Whether a call may be made now. Tell ``ended(well:_:of:)`` how it ended.
    func mayCall(_ url: String, of bot: BotID) -> Bool {
        let now = ContinuousClock.now
        return breakers.withLock { breakers in
            // Most services have never failed: there is nothing to keep of them.
            breakers[Key(bot: bot, service: Self.service(url))]?.mayCall(at: now) ?? true
        }
    }

    /// - Parameter well: the service has answered, and did not say that it is broken.
    func ended(well: Bool, _ url: String, of bot: BotID) {
        let now = ContinuousClock.now
        let key = Key(bot: bot, service: Self.service(url))
        let change = breakers.withLock { breakers -> CircuitBreaker.Change? in
            if well {
                return breakers.removeValue(forKey: key).flatMap { breaker in
                    var breaker = breaker
                    return breaker.succeeded()
                }
            }
            let change = breakers[key, default: CircuitBreaker()].failed(at: now)
            metrics.openCircuits.set(Double(breakers.values.count { !$0.isClosed }))
            return change
        }
        guard let change else { return }
        let fields: [String: LogValue] = ["bot_id": .string("\(bot)"), "service": .string(key.service)]
        switch change {
        case .opened(let pause):
            metrics.circuitChanges.increment(["opened"])
            logger.warning(
                "a service fails again and again; users get its route's apology, and it is tried now and then",
                fields.merging(["pause_seconds": .double(pause.seconds)]) { $1 })
        case .closed:
            metrics.circuitChanges.increment(["closed"])
            metrics.openCircuits.set(Double(breakers.withLock { $0.values.count { !$0.isClosed } }))
            logger.info("a service answers again", fields)
        }
    }

    /// Forgets bots that are no longer carried.
    func keep(only isCarried: (BotID) -> Bool) {
        breakers.withLock { breakers in
            breakers = breakers.filter { isCarried($0.key.bot) }
            metrics.openCircuits.set(Double(breakers.values.count { !$0.isClosed }))
        }
    }

    /// A URL up to its path: what is one process, or some that are alike.
    static func service(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        return String(url[..<scheme.upperBound] + url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" })
    }
}
