import Concurrency
import HTTPClient
import Observability
import PlatformAPI

/// What updates pass before they are the worker's: the limit of their user, then the bot's routes.
///
/// Services are called by an HTTP client of their own: one that hangs holds nothing of the calls to Telegram, and of other
/// services' only as much as ``GatewaySettings/routedPerBot`` lets it.
final class UpdateDiversion: Service {
    let name = "routes"
    private let http: HTTPClient
    private let limits: UserLimits
    private let routes: RouteDispatcher
    private let circuits: RouteCircuits
    private let (stopped, stop) = AsyncStream.makeStream(of: Void.self)

    private static let connectionsPerHost = 64
    private static let longestAnswer = 256 << 10

    init(
        settings: GatewaySettings, redis: GatewayRedis?, logger: Logger, metrics registry: MetricsRegistry,
        produce: @escaping UpdateIntake.Produce
    ) throws {
        var calls = HTTPClient.Configuration()
        calls.maxConnectionsPerHost = Self.connectionsPerHost
        calls.maxConnections = settings.routedUpdates
        calls.maxResponseBytes = Self.longestAnswer
        calls.http2 = false
        let http = try HTTPClient(calls)
        let metrics = RouteMetrics(registry)
        let missing = MissingRedis(logger: logger)
        let answers = RouteAnswers(logger: logger, produce: produce)
        let circuits = RouteCircuits(metrics: metrics, logger: logger)
        self.http = http
        self.circuits = circuits
        limits = UserLimits(
            redis: redis, answers: answers, metrics: UserLimitMetrics(registry), missing: missing)
        routes = RouteDispatcher(
            caller: RouteCaller(circuits: circuits, metrics: metrics, logger: logger) { try await http.execute($0) },
            sessions: redis.map { RedisSessions($0, life: settings.sessionLife) },
            admission: RouteAdmission(perBot: settings.routedPerBot, total: settings.routedUpdates), answers: answers,
            metrics: metrics, missing: missing)
    }

    /// Whether updates of a bot may be for others than its worker.
    static func concerns(_ binding: Binding) -> Bool { binding.rateLimit != nil || binding.routes != nil }

    /// What became of an update; `nil`: it is the worker's.
    func take(_ update: IncomingUpdate) async -> IntakeResult? {
        if let result = await limits.take(update) { return result }
        return await routes.take(update)
    }

    /// Forgets bots that are no longer carried.
    func keep(only isCarried: (BotID) -> Bool) { circuits.keep(only: isCarried) }

    func run() async throws {
        for await _ in stopped {}
        await http.shutdown()
    }

    func shutdown() async { stop.finish() }
}
