import Concurrency
import Foundation
import Gateway
import HTTPClient
import HTTPServer
import HTTPTypes
import JSON
import KafkaClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TelegramBotAPI
import TestRig
import Testing
import Tracing

/// All tests here, one after another: each has a broker of its own.
@Suite(.serialized) struct GatewayIntegrationTests {}

/// A gateway as `tgs gateway` runs it, in this process.
final class RunningGateway: Sendable {
    let gateway: Gateway
    let registry = MetricsRegistry()
    let health = HealthRegistry()
    let metrics: GatewayMetrics
    private let running: Task<Void, any Error>

    /// - Parameter more: services that run beside it.
    init(
        _ settings: GatewaySettings, client: KubernetesClient? = nil, http: HTTPClient, logger: Logger = .silent,
        tracer: Tracer = .off, more: [any Service] = []
    ) throws {
        gateway = try Gateway(
            settings: settings, client: client, http: http, logger: logger, metrics: registry, health: health,
            tracer: tracer)
        metrics = GatewayMetrics(registry)
        try gateway.webhookServer.start()
        try gateway.proxyServer?.start()
        let services = more + gateway.services
        running = Task { try await ServiceGroup(services, gracePeriod: .seconds(30)).run(signals: []) }
    }

    /// A test that failed ends it, too.
    deinit { running.cancel() }

    var url: String { "http://127.0.0.1:\(gateway.webhookServer.port)" }

    /// Where its Bot API proxy is, in settings with one.
    var proxyURL: String { "http://127.0.0.1:\(gateway.proxyServer?.port ?? 0)" }

    /// Ends it as a signal does.
    func stop() async throws {
        running.cancel()
        try await running.value
    }
}

/// A broker, a simulator and what a test needs to play Telegram and the workers.
final class GatewayRig: Sendable {
    static let secret = "s3cret_-1"

    let broker: KafkaBroker
    let simulator: Simulator
    let http: HTTPClient
    let producer: KafkaProducer
    let settings: GatewaySettings

    private init(_ broker: KafkaBroker, _ simulator: Simulator, _ http: HTTPClient) throws {
        self.broker = broker
        self.simulator = simulator
        self.http = http
        producer = try KafkaProducer(broker.configuration, logger: .silent)
        var settings = GatewaySettings(
            gateway: ObjectKey(namespace: "tgs", name: "main"), bootstrapServers: broker.bootstrapServers)
        settings.apiBaseURL = simulator.apiURL
        settings.host = "127.0.0.1"
        settings.webhookPort = 0
        settings.deliveryTimeout = .seconds(10)
        settings.callTimeout = .seconds(20)
        // As the simulator, unless a test is about them.
        settings.sendLimits = .none
        self.settings = settings
    }

    /// Runs a test with everything and cleans up after it.
    /// - Parameter enforcesLimits: the simulator keeps to Telegram's limits, in real time.
    static func run(
        enforcesLimits: Bool = false, _ body: @Sendable (GatewayRig) async throws -> Void
    ) async throws {
        try await KafkaBroker.with { broker in
            var configuration = SimulatorConfiguration()
            configuration.allowInsecureWebhooks = true
            configuration.timeScale = enforcesLimits ? 1 : 0.02
            configuration.enforcesLimits = enforcesLimits
            let simulator = try Simulator(configuration, logger: .silent, metrics: MetricsRegistry())
            try simulator.start()
            let running = Task { try await simulator.run() }
            let http = try HTTPClient()
            let rig = try GatewayRig(broker, simulator, http)
            // The operator makes it. Without it a gateway's end waits for signals that find no place.
            let admin = try KafkaAdmin(broker.configuration, logger: .silent)
            _ = try await admin.createTopics(
                [NewTopic(name: WakeSignal.topic, partitions: 1)], timeout: .seconds(20))
            await admin.close()
            let result: Result<Void, any Error>
            do {
                try await body(rig)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await rig.producer.close(timeout: .seconds(2))
            await simulator.shutdown()
            try await running.value
            await http.shutdown()
            try result.get()
        }
    }

    /// Runs a test with a gateway that carries `bots` bots.
    static func run(
        bots count: Int, enforcesLimits: Bool = false, _ change: @Sendable (inout GatewaySettings) -> Void = { _ in },
        _ body: @Sendable (GatewayRig, RunningGateway, [BotInfo]) async throws -> Void
    ) async throws {
        try await run(enforcesLimits: enforcesLimits) { rig in
            var bots: [BotInfo] = []
            for number in 0..<count { bots.append(try await rig.makeBot(4200 + Int64(number))) }
            var settings = rig.settings
            change(&settings)
            let gateway = try RunningGateway(settings, http: rig.http)
            for bot in bots { rig.bind(bot, to: gateway) }
            let all = bots
            let result: Result<Void, any Error>
            do {
                try await body(rig, gateway, all)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            try await gateway.stop()
            try result.get()
        }
    }

    /// A bot with its topics.
    func makeBot(_ id: Int64) async throws -> BotInfo {
        let bot = try simulator.createBot(BotSpec(id: id))
        let botID = BotID(number: id)
        let admin = try KafkaAdmin(broker.configuration, logger: .silent)
        let topics = [
            NewTopic(name: botID.incomingTopic, partitions: 3), NewTopic(name: botID.outgoingTopic, partitions: 1),
            NewTopic(name: botID.deadLetterTopic, partitions: 1),
        ]
        for (_, result) in try await admin.createTopics(topics, timeout: .seconds(20)) { try result.get() }
        await admin.close()
        return bot
    }

    func binding(_ bot: BotInfo, secrets: [String] = [GatewayRig.secret]) -> Binding {
        Binding(
            botID: BotID(number: bot.id), owner: "shop/\(bot.username)", token: bot.token, webhookSecrets: secrets,
            aliasToken: Self.alias(bot))
    }

    /// What the bot's worker has in its token's place.
    static func alias(_ bot: BotInfo) -> String { "\(bot.id):" + String(repeating: "Alias", count: 7) }

    /// What the operator would do by a Secret.
    func bind(_ bot: BotInfo, to gateway: RunningGateway, secrets: [String] = [GatewayRig.secret]) {
        let key = ObjectKey(namespace: "tgs", name: BotID(number: bot.id).bindingName)
        gateway.gateway.directory.upsert(key, binding(bot, secrets: secrets))
    }

    /// Posts to a webhook as Telegram does.
    func post(
        _ gateway: RunningGateway, _ bot: String, _ body: [UInt8], secret: String? = GatewayRig.secret,
        method: HTTPMethod = .post, http: HTTPClient? = nil, headers more: HTTPHeaders = [:]
    ) async throws -> HTTPResponse {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        for field in more.fields { headers[field.name] = field.value }
        return try await (http ?? self.http).execute(
            HTTPRequest(
                method, "\(gateway.url)/webhook/\(bot)", headers: headers, body: method == .get ? .none : .bytes(body)))
    }

    /// Answers as a worker does.
    func send(_ bot: BotInfo, _ record: String) async throws {
        _ = try await producer.send(
            KafkaRecord(topic: BotID(number: bot.id).outgoingTopic, value: Array(record.utf8)))
    }

    func send(_ bot: BotInfo, text: String, chat: Int64) async throws {
        try await send(
            bot, #"{"method":"sendMessage","params":{"chat_id":\#(chat),"text":"\#(text)"},"request_id":"r"}"#)
    }

    /// Texts that people saw in a chat, in order.
    func texts(_ bot: BotInfo, chat: Int64, count: Int) async -> [String] {
        await simulator.calls(RecordFilter(bot: bot.id, chatID: chat), count: count, within: .seconds(40))
            .map { $0.text ?? "" }
    }

    /// All records of topics, once there are `count`, or those there are after the time.
    func records(_ topics: [String], count: Int, within limit: Duration = .seconds(60)) async throws -> [KafkaMessage] {
        let admin = try KafkaAdmin(broker.configuration, logger: .silent)
        let found = try await admin.describeTopics(topics, timeout: .seconds(20))
        await admin.close()
        let partitions = found.values.compactMap { $0 }.flatMap { topic in
            topic.partitions.map { TopicPartition(topic: topic.name, partition: $0.id) }
        }
        let consumer = try KafkaConsumer(
            broker.configuration, settings: .init(groupID: "inspection"), logger: .silent)
        try consumer.assign(Dictionary(uniqueKeysWithValues: partitions.map { ($0, Int64(0)) }))
        var records: [KafkaMessage] = []
        let deadline = ContinuousClock.now + limit
        while records.count < count, ContinuousClock.now < deadline {
            records += try await consumer.nextBatch(max: 1000, timeout: .milliseconds(500))
        }
        // One more look: there may be more than there should.
        records += try await consumer.nextBatch(max: 1000, timeout: .milliseconds(500))
        await consumer.close()
        return records
    }

    func deadLetters(_ bot: BotInfo, count: Int) async throws -> [DeadLetter] {
        try await records([BotID(number: bot.id).deadLetterTopic], count: count, within: .seconds(40)).map {
            try JSONDecoder().decode(DeadLetter.self, from: Data($0.value ?? []))
        }
    }

    /// What the gateway's group has committed for a bot's answers.
    func committed(_ bot: BotInfo) async throws -> Int64? {
        let admin = try KafkaAdmin(broker.configuration, logger: .silent)
        let partition = TopicPartition(topic: BotID(number: bot.id).outgoingTopic, partition: 0)
        let offsets = try await admin.committedOffsets(
            group: TelegramGateway.senderGroup(settings.gateway), [partition])
        await admin.close()
        return offsets[partition]
    }
}

extension KafkaBroker {
    var configuration: KafkaConfiguration {
        KafkaConfiguration(bootstrapServers: bootstrapServers, clientID: "tests")
    }
}

/// Waits until a condition holds, 40 s at most.
func eventually(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(40)
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(25))
    }
    Issue.record("not within 40 s: \(what)", sourceLocation: sourceLocation)
}
