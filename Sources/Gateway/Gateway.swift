package import Concurrency
import ControllerRuntime
import FoundationEssentials
package import HTTPClient
package import HTTPServer
import HTTPTypes
import JSON
import KafkaClient
package import KubernetesClient
import KubernetesTypes
package import Observability
import PlatformAPI
import RedisClient
import TelegramBotAPI
package import Tracing

/// The data plane between Telegram and Kafka: webhooks in, Bot API calls out. Any number of replicas.
package final class Gateway: Sendable {
    /// Which bots are carried. Fed by the watch; tests may feed it themselves.
    package let directory: BindingDirectory
    /// Where webhooks come in.
    package let webhookServer: HTTPServer
    /// Where bots call the Bot API; `nil` when that is not wanted.
    package let proxyServer: HTTPServer?
    private let polls: UpdatePolls?
    private let sender: OutgoingSender
    private let polling: PollingService
    private let watch: BindingWatch?
    private let producer: KafkaProducer
    private let probe: KafkaProbe
    private let redis: RedisClient?
    private let diversion: UpdateDiversion
    private let drainDelay: Duration
    private let health: HealthRegistry

    private static let check = "gateway"

    /// - Parameters:
    ///   - client: for following the bindings; `nil`: they are put into ``directory`` by the caller.
    ///   - http: for the Bot API.
    ///   - pollHTTP: for calls that ask for updates: each holds a connection for most of its time. The same unless given.
    ///   - tracer: makes the spans of updates and calls.
    /// - Throws: `KafkaError`, `RedisError` or `HTTPClientError` for settings that cannot work. Brokers that are away are waited for.
    package init(
        settings: GatewaySettings, client: KubernetesClient?, http: HTTPClient, pollHTTP: HTTPClient? = nil,
        logger: Logger, metrics registry: MetricsRegistry, health: HealthRegistry, tracer: Tracer = .off
    ) throws {
        let metrics = GatewayMetrics(registry, maxBots: settings.metricsBots)
        let directory = BindingDirectory()
        let configuration = KafkaConfiguration(
            bootstrapServers: settings.bootstrapServers, clientID: "telegram-serverless-gateway",
            security: settings.kafkaSecurity)
        var producerConfiguration = configuration
        // What the webhook server lets in must fit a record, wrapped and with its headers; the broker has the last word.
        producerConfiguration.properties["message.max.bytes"] = "\(max(1_000_000, settings.maxBodyBytes + 65_536))"
        let producer = try KafkaProducer(
            producerConfiguration,
            settings: ProducerSettings(
                lingerMilliseconds: 1, maxOutstandingRecords: settings.maxOutstanding,
                // A record that is larger than the room for all would never be taken.
                maxOutstandingBytes: max(settings.maxOutstandingBytes, settings.maxBodyBytes + 65_536),
                deliveryTimeout: settings.deliveryTimeout),
            logger: logger, metrics: registry)
        let produce: @Sendable (KafkaRecord) async throws -> Void = { _ = try await producer.send($0) }
        let wakes = WakeSender(metrics: metrics, logger: logger, produce: produce)
        directory.observe {
            wakes.keep { directory.binding($0) != nil }
            metrics.bots.keep { directory.binding($0) != nil }
        }
        let accessLog = AccessLog(logger, sample: settings.accessLogSample)
        var redisSettings = RedisSettings()
        redisSettings.timeout = settings.redisTimeout
        redis = try settings.redisURL.map {
            try RedisClient(url: $0, settings: redisSettings, logger: logger, metrics: registry)
        }
        let shared = redis.map { GatewayRedis($0, logger: logger) }
        let diversion = try UpdateDiversion(
            settings: settings, redis: shared, logger: logger, metrics: registry, produce: produce)
        directory.observe { diversion.keep { directory.binding($0) != nil } }
        self.diversion = diversion
        let intake = UpdateIntake(
            duplicates: DuplicateFilter(shared: shared.map(RedisSharedUpdates.init), metrics: metrics),
            metrics: metrics, logger: logger,
            enqueue: { record, ended in
                try producer.enqueue(record) { result in
                    switch result {
                    case .success: ended(nil)
                    case .failure(let error): ended(error)
                    }
                }
            },
            mayDivert: { UpdateDiversion.concerns($0) }, divert: { await diversion.take($0) },
            wake: { wakes.updateArrived($0) }, tracer: tracer)
        let handler = WebhookHandler(
            directory: directory, retryAfterSeconds: settings.retryAfterSeconds, metrics: metrics, logger: logger,
            intake: intake, accessLog: accessLog, tracer: tracer)
        var router = HTTPRouter()
        router.on(.post, "/webhook/:bot") { request, answer in
            handler.handle(request, bot: request.parameters["bot"] ?? "", answer)
        }
        var webhooks = HTTPServer.Configuration(
            host: settings.host, port: settings.webhookPort, maxBodyBytes: settings.maxBodyBytes,
            // Two tries of a route's service come before the broker.
            handlerTimeout: settings.deliveryTimeout + TelegramBotSpec.Route.timeouts.upperBound * 2 + .seconds(5))
        webhooks.maxHeldBytes = max(settings.maxOutstandingBytes, settings.maxBodyBytes)
        webhooks.refusalWhileFilling = { handler.refusal(ofHead: $0) }
        webhooks.retryAfterSeconds = settings.retryAfterSeconds
        webhookServer = HTTPServer(
            webhooks, name: "webhooks", logger: logger, metrics: registry, router: router)
        watch = client.map {
            BindingWatch(
                client: $0, gateway: settings.gateway, directory: directory, health: health, metrics: registry,
                gatewayMetrics: metrics, logger: logger)
        }
        let telegram = TelegramClient(http: http, baseURL: settings.apiBaseURL, logger: logger)
        let limits = BotLimits(limits: settings.sendLimits)
        directory.observe { limits.keep { directory.binding(outgoingTopic: $0) != nil } }
        let pump = OutgoingPump(
            directory: directory, settings: settings, metrics: metrics, logger: logger, accessLog: accessLog,
            tracer: tracer, limits: limits,
            call: { envelope, binding in
                await Self.call(telegram, envelope, binding, timeout: settings.callTimeout)
            }, produce: produce)
        var consumerConfiguration = configuration
        // A topic that is subscribed to before it is there is found after this time (librdkafka: five minutes).
        consumerConfiguration.properties["topic.metadata.refresh.interval.ms"] = "30000"
        // A coordinator that lets a join hang is asked anew once the commit behind it has waited for so long (librdkafka: a
        // minute). Handing partitions over takes up to ten seconds.
        consumerConfiguration.properties["socket.timeout.ms"] = "20000"
        sender = OutgoingSender(
            directory: directory, pump: pump, configuration: consumerConfiguration, settings: settings, health: health,
            logger: logger)
        let proxy = settings.proxyPort.map { port in
            BotAPIProxy(
                settings: settings, port: port, directory: directory, limits: limits, http: http,
                kafka: consumerConfiguration, metrics: metrics, registry: registry, logger: logger)
        }
        proxyServer = proxy?.server
        polls = proxy?.polls
        polling = PollingService(
            settings, client: client,
            telegram: TelegramClient(
                http: pollHTTP ?? http, baseURL: settings.apiBaseURL, logger: logger), directory: directory,
            intake: intake, metrics: PollingMetrics(registry), logger: logger)
        self.directory = directory
        self.producer = producer
        probe = KafkaProbe(configuration: configuration, health: health, logger: logger)
        drainDelay = settings.drainDelay
        self.health = health
        health.register(Self.check, waitingFor: "the webhook listener")
    }

    /// The gateway's parts in the order of their start. They are shut down in reverse: readiness goes first, then the
    /// bots that are polled are given away, the webhook server finishes what is in flight, then the sender leaves its group,
    /// then the producer.
    package var services: [any Service] {
        var services: [any Service] = [ProducerService(producer: producer), probe]
        if let redis { services.append(redis) }
        services.append(diversion)
        if let watch { services.append(watch.reflector) }
        services.append(sender)
        // The polls end first, so that nobody waits for them.
        if let proxyServer, let polls { services += [proxyServer, polls] as [any Service] }
        services += [
            webhookServer, polling,
            ReadinessService(health: health, check: Self.check, server: webhookServer, drainDelay: drainDelay),
        ]
        return services
    }

    private static func call(
        _ telegram: TelegramClient, _ envelope: OutgoingEnvelope, _ binding: Binding, timeout: Duration
    ) async -> CallAnswer {
        do {
            let token = try BotToken(binding.token)
            let body = try Array(JSONEncoder().encode(envelope.params))
            let response = try await telegram.forward(
                envelope.method, body: body, contentType: "application/json", token: token, timeout: timeout)
            var answer = CallAnswer(failure: TelegramClient.failure(response, method: envelope.method))
            if envelope.wantsResult == true, answer.failure == nil {
                answer.result = JSONMembers.find("result", in: response.body[...]).map { Array($0) }
            }
            return answer
        } catch let error as TelegramError {
            return CallAnswer(failure: error)
        } catch {
            return CallAnswer(
                failure: TelegramError(
                    .invalidRequest, "\(envelope.method): params cannot be written as JSON: \(error)"))
        }
    }
}

/// Ready once webhooks are listened for; takes the gateway out of its Kubernetes Service before anything else stops.
private final class ReadinessService: Service {
    let name = "readiness"
    private let health: HealthRegistry
    private let check: String
    private let server: HTTPServer
    private let drainDelay: Duration
    private let isStopping = Locked(false)
    private let (stopped, stop) = AsyncStream.makeStream(of: Void.self)

    init(health: HealthRegistry, check: String, server: HTTPServer, drainDelay: Duration) {
        self.health = health
        self.check = check
        self.server = server
        self.drainDelay = drainDelay
    }

    func run() async throws {
        if isStopping.withLock({ $0 }) { return }
        try server.start()
        health.markReady(check)
        for await _ in stopped {}
    }

    func shutdown() async {
        isStopping.withLock { $0 = true }
        health.markNotReady(check, reason: "shutting down")
        // Until everybody who sends webhooks has heard of it, they are still taken.
        _ = await sleepUnlessCancelled(for: drainDelay)
        stop.finish()
    }
}

/// Flushes and closes the producer when all that produces has ended.
private final class ProducerService: Service {
    let name = "producer"
    private let producer: KafkaProducer
    private let (stopped, stop) = AsyncStream.makeStream(of: Void.self)

    init(producer: KafkaProducer) { self.producer = producer }

    func run() async throws {
        for await _ in stopped {}
        await producer.close()
    }

    func shutdown() async { stop.finish() }
}
