import Concurrency
import HTTPClient
import HTTPServer
import KafkaClient
import Observability

/// The parts of the Bot API proxy, put together.
struct BotAPIProxy {
    let server: HTTPServer
    let polls: UpdatePolls

    /// A request whose body is not longer is read before it is passed on.
    private static let streamedBodyBytes = 16_384
    /// How long an upload may take to arrive.
    private static let uploadTime = Duration.seconds(900)

    init(
        settings: GatewaySettings, port: UInt16, directory: BindingDirectory, limits: BotLimits, http: HTTPClient,
        kafka: KafkaConfiguration, metrics: GatewayMetrics, registry: MetricsRegistry, logger: Logger
    ) {
        polls = UpdatePolls(configuration: kafka, metrics: metrics, logger: logger)
        let handler = ProxyHandler(
            directory: directory,
            upstream: ProxyUpstream(http: http, baseURL: settings.apiBaseURL, timeout: settings.callTimeout),
            limits: limits, turns: ProxyTurns(limit: settings.proxyWait), polls: polls, metrics: metrics,
            logger: logger)
        // The longest handler is a poll of 50 seconds, or a call that waits for its turn and then for Telegram.
        server = HTTPServer(
            HTTPServer.Configuration(
                host: settings.host, port: port, maxBodyBytes: settings.proxyMaxBodyBytes,
                streamedBodyBytes: Self.streamedBodyBytes, requestTimeout: Self.uploadTime,
                handlerTimeout: max(settings.callTimeout + settings.proxyWait, .seconds(60)) + .seconds(30),
                shutdownTimeout: .seconds(15)),
            name: "proxy", logger: logger, metrics: registry, router: handler.router)
    }
}
