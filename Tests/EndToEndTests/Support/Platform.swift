import Concurrency
import Foundation
import HTTPClient
import KafkaClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TelegramBotAPI
import TestRig

/// The whole platform of one test: a control plane, a broker, Telegram (the simulator, in this process), and operator and
/// gateway as processes of their own, started from the `tgs` that was built with the tests.
final class Platform: Sendable {
    let controlPlane: ControlPlane
    let broker: KafkaBroker
    let simulator: Simulator
    let client: KubernetesClient
    let admin: KafkaAdmin
    let namespace: String
    private let logs: String
    private let simulatorTask: Task<Void, any Error>
    private let processes = Locked<[String: ChildProcess]>([:])
    let webhookPort: UInt16
    /// Of the gateway's Bot API proxy.
    let proxyPort: UInt16

    struct Options: Sendable {
        var keda = true
        var startsOperator = true
        var startsGateway = true
        /// A broker that speaks TLS to whoever trusts its authority, and takes any password.
        var tls = false
        /// What the simulator multiplies Telegram's delays with.
        var timeScale = 0.02
    }

    /// Runs `body` with a platform of its own and takes everything away afterwards. Logs are printed when it throws.
    static func with(_ options: Options = Options(), _ body: (Platform) async throws -> Void) async throws {
        let platform = try await start(options)
        do {
            try await body(platform)
        } catch {
            await platform.printLogs()
            await platform.stop()
            throw error
        }
        await platform.stop()
    }

    private init(
        controlPlane: ControlPlane, broker: KafkaBroker, simulator: Simulator, client: KubernetesClient,
        admin: KafkaAdmin, namespace: String, logs: String, simulatorTask: Task<Void, any Error>, webhookPort: UInt16,
        proxyPort: UInt16
    ) {
        self.controlPlane = controlPlane
        self.broker = broker
        self.simulator = simulator
        self.client = client
        self.admin = admin
        self.namespace = namespace
        self.logs = logs
        self.simulatorTask = simulatorTask
        self.webhookPort = webhookPort
        self.proxyPort = proxyPort
    }

    private static func start(_ options: Options) async throws -> Platform {
        async let planeStart = ControlPlane.start()
        async let brokerStart = KafkaBroker.start(tls: options.tls ? .anybody : nil)
        let controlPlane = try await planeStart
        let broker = try await brokerStart
        var configuration = SimulatorConfiguration()
        configuration.allowInsecureWebhooks = true
        configuration.timeScale = options.timeScale
        let simulator = try Simulator(configuration, logger: .silent, metrics: MetricsRegistry())
        try simulator.start()
        let client = try KubernetesClient(
            try ClusterConfiguration.load(kubeconfig: try controlPlane.kubeconfigPath, context: nil), logger: .silent)
        let platform = Platform(
            controlPlane: controlPlane, broker: broker, simulator: simulator, client: client,
            admin: try KafkaAdmin(
                KafkaConfiguration(
                    bootstrapServers: broker.bootstrapServers, clientID: "test", security: broker.security),
                logger: .silent),
            namespace: "bots", logs: try TestFolder.make("platform"),
            simulatorTask: Task { try await simulator.run() }, webhookPort: try LoopbackPort.free(),
            proxyPort: try LoopbackPort.free())
        let root = Self.packageRoot
        for file in ["telegrambots", "telegramgateways"] {
            try await controlPlane.applyCRDs("\(root)/crds/\(file).yaml")
        }
        if options.keda { try await platform.installKEDA() }
        for namespace in ["bots", "tgs-system"] {
            _ = try await controlPlane.request(
                "POST", "/api/v1/namespaces", body: #"{"metadata":{"name":"\#(namespace)"}}"#)
        }
        try await platform.applyGateway(kafka: options.tls ? security : "")
        if options.startsOperator { try await platform.startOperator() }
        if options.startsGateway { try await platform.startGateway() }
        return platform
    }

    private func stop() async {
        for process in processes.withLock({ Array($0.values) }) { await process.terminate() }
        await admin.close()
        await simulator.shutdown()
        _ = await simulatorTask.result
        await broker.remove()
        await controlPlane.stop()
        TestFolder.remove(logs)
    }

    // MARK: Programs

    /// - Parameters:
    ///   - faultPoint: where the operator is killed, by name.
    ///   - kubeconfig: of the user that the operator is; absent: the administrator.
    func startOperator(
        _ more: [String] = [], faultPoint: String? = nil, name: String = "operator", kubeconfig: String? = nil
    ) async throws {
        try start(
            name,
            [
                "operator", "--kubeconfig", try kubeconfig ?? controlPlane.kubeconfigPath, "--host", "127.0.0.1",
                "--health-port",
                "0",
                "--retry-maximum", "2s", "--optional-kind-interval", "1s", "--kafka-timeout", "5s",
            ] + more, environment: faultPoint.map { ["TGS_FAULT_POINT": $0] } ?? [:])
    }

    /// The gateway of all bots.
    /// - Parameters:
    ///   - security: more members of `spec.kafka`, as YAML in one line: "tls: {}".
    ///   - more: more members of `spec`, as a line of YAML each, indented by two.
    func applyGateway(kafka security: String = "", more: String = "") async throws {
        try await apply(
            """
            apiVersion: telegram-serverless.io/v1alpha1
            kind: TelegramGateway
            metadata:
              name: main
              namespace: tgs-system
              annotations: {telegram-serverless.io/is-default-gateway: "true"}
            spec:
              publicURL: http://127.0.0.1:\(webhookPort)
              kafka: {bootstrapServers: "\(broker.bootstrapServers)", replicationFactor: 1, \(security)}
              telegram: {apiBaseURL: "\(simulator.apiURL)"}
            \(more)
            """)
    }

    /// TLS and a login, with the Secrets of ``applyKafkaSecrets(password:)``.
    static let security =
        "tls: {caSecretRef: {name: kafka-ca}}, sasl: {mechanism: PLAIN, credentialsSecretRef: {name: kafka-login}}"

    /// The Secrets that the gateway names.
    func applyKafkaSecrets(password: String) async throws {
        let authority = (broker.tls?.caPEM ?? "").split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        try await apply(
            """
            apiVersion: v1
            kind: Secret
            metadata: {name: kafka-login, namespace: tgs-system}
            stringData: {username: tgs, password: "\(password)"}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: kafka-ca, namespace: tgs-system}
            stringData:
              ca.crt: |
            \(authority)
            """)
    }

    /// A gateway, or one of several.
    /// - Parameters:
    ///   - port: where webhooks come in; the platform's own port unless given.
    ///   - healthPort: where `/ready` is; 0 takes a free one.
    ///   - drainDelay: how long webhooks are still taken at its end.
    ///   - kubeconfig: of the user that the gateway is; absent: the administrator.
    ///   - more: flags.
    func startGateway(
        _ name: String = "gateway", port: UInt16? = nil, healthPort: UInt16 = 0, drainDelay: String = "1ms",
        kubeconfig: String? = nil, more: [String] = []
    ) async throws {
        var security: [String] = []
        if let authority = broker.tls?.caPEM {
            // As Secrets are mounted.
            for (name, text) in [("ca.crt", authority), ("password", "any\n")] {
                try text.write(toFile: "\(logs)/\(name)", atomically: true, encoding: .utf8)
            }
            security = [
                "--kafka-tls", "--kafka-ca-file", "\(logs)/ca.crt", "--kafka-sasl-mechanism", "PLAIN",
                "--kafka-sasl-username", "gateway", "--kafka-sasl-password-file", "\(logs)/password",
            ]
        }
        try start(
            name,
            [
                "gateway", "--kubeconfig", try kubeconfig ?? controlPlane.kubeconfigPath, "--name", "main",
                "--namespace", "tgs-system", "--kafka-brokers", broker.bootstrapServers, "--api-base-url",
                simulator.apiURL, "--host", "127.0.0.1", "--webhook-port", "\(port ?? webhookPort)", "--proxy-port",
                port == nil ? "\(proxyPort)" : "0", "--log-level", "debug", "--health-port", "\(healthPort)",
                "--delivery-timeout", "5s", "--retry-after", "1", "--drain-delay", drainDelay,
                // The people of these tests write faster than people do.
                "--chat-messages-per-second", "0", "--group-messages-per-minute", "0",
            ] + security + more)
    }

    /// Stops the broker so that nothing is lost that it has acknowledged. It writes every 0.3 s and goes on acknowledging
    /// while it ends, which no real one does; so its clients are held for a moment.
    func stopBroker() async throws {
        let clients = ["operator", "gateway"].compactMap { process($0) }
        for client in clients { client.freeze() }
        defer { for client in clients { client.signal(SIGCONT) } }
        try await Task.sleep(for: .seconds(1))
        await broker.stop()
    }

    func process(_ name: String) -> ChildProcess? { processes.withLock { $0[name] } }

    private func start(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        let process = try ChildProcess(
            Self.program, arguments, environment: environment.merging(["PATH": "/usr/bin:/bin", "HOME": logs]) { $1 },
            log: TestFolder.logFile("\(name)-\(UUID().uuidString.prefix(4))", in: logs))
        processes.withLock { $0[name] = process }
    }

    /// What a program has written.
    func log(_ name: String) throws -> String {
        guard let process = process(name) else { return "" }
        return try String(contentsOfFile: process.logFile, encoding: .utf8)
    }

    private func printLogs() async {
        for (name, process) in processes.withLock({ $0 }) {
            print(
                "---- \(name), pid \(process.pid), \(process.exit.map { "\($0)" } ?? "running")\n\(process.logTail(lines: 60))"
            )
        }
    }

    /// The `tgs` beside this test program.
    static var program: String {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        return folder.appendingPathComponent("tgs").path
    }

    static var packageRoot: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
    }

    // MARK: Things to do

    func installKEDA() async throws {
        let file = "\(logs)/keda.yaml"
        try KEDAResources.all.write(toFile: file, atomically: true, encoding: .utf8)
        try await controlPlane.applyCRDs(file)
    }

    func apply(_ yaml: String) async throws {
        _ = try await controlPlane.kubectl("apply", "--validate=false", "-f", "-", input: yaml)
    }

    /// A bot at the simulator and its Secret.
    @discardableResult
    func makeBot(_ name: String, secret: Bool = true) async throws -> BotInfo {
        let bot = try simulator.createBot(BotSpec(username: "\(name)_bot"))
        if secret { try await makeSecret(name, token: bot.token) }
        return bot
    }

    /// As many bots at the simulator as there are names, and their Secrets.
    func makeBots(_ names: [String]) async throws -> [(name: String, info: BotInfo)] {
        let bots = try names.map { (name: $0, info: try simulator.createBot(BotSpec(username: "\($0)_bot"))) }
        try await apply(bots.map { Self.secret($0.name, token: $0.info.token) }.joined(separator: "\n---\n"))
        return bots
    }

    func makeSecret(_ name: String, token: String) async throws {
        try await apply(Self.secret(name, token: token))
    }

    private static func secret(_ name: String, token: String) -> String {
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: \(name)-token, namespace: bots}
        stringData: {token: "\(token)"}
        """
    }

    /// Sets a bot's webhook as somebody else would.
    func setWebhook(of bot: BotInfo, _ url: String) async throws {
        let http = try HTTPClient()
        let telegram = TelegramClient(http: http, baseURL: simulator.apiURL, logger: .silent)
        // Telegram takes no two within a second, and the operator sets them, too.
        try await eventually("Telegram takes the webhook") {
            try await telegram.setWebhook(WebhookSettings(url: url), token: try BotToken(bot.token))
            return nil
        }
        await http.shutdown()
    }

    static func manifest(_ name: String, more: String = "") -> String {
        """
        apiVersion: telegram-serverless.io/v1alpha1
        kind: TelegramBot
        metadata: {name: \(name), namespace: bots}
        spec:
          tokenSecretRef: {name: \(name)-token}
          worker:
            image: example.org/echo:1
            resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {memory: 64Mi}}
          scaling: {maxReplicas: 3}
        \(more)
        """
    }

    func bot(_ name: String) async throws -> TelegramBot? {
        try await client.find(TelegramBot.self, ObjectKey(namespace: "bots", name: name))
    }

    /// A condition as "Status/Reason".
    func condition(_ type: ConditionType, of name: String) async throws -> String? {
        try await bot(name)?.status?.conditions?.first { $0.type == type.rawValue }
            .map { "\($0.status.rawValue)/\($0.reason)" }
    }

    func waitFor(
        _ type: ConditionType, of name: String, _ expected: String, within limit: Duration = .seconds(60)
    ) async throws {
        try await eventually("\(type.rawValue) of \(name) is \(expected)", within: limit) {
            let present = try await self.condition(type, of: name)
            return present == expected ? nil : present ?? "absent"
        }
    }

    /// Tries until `check` answers `nil`; what it answered last is told when the time is over.
    func eventually(
        _ what: String, within limit: Duration = .seconds(60), _ check: () async throws -> String?
    ) async throws {
        let deadline = ContinuousClock.now + limit
        var last = ""
        while ContinuousClock.now < deadline {
            do {
                guard let problem = try await check() else { return }
                last = problem
            } catch { last = "\(error)" }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw NotInTime(description: "not in \(limit): \(what); last: \(last)")
    }

    struct NotInTime: Error, CustomStringConvertible { let description: String }

    /// As the control plane of the tests, 1.20, has them.
    typealias DisruptionBudget = PodDisruptionBudget<PolicyV1Beta1>

    /// What a bot whose manifest is ``manifest(_:more:)`` has.
    static let kinds = [
        "Binding", "Deployment", "PodDisruptionBudget", "ScaledObject", "Secret", "ServiceAccount",
    ]

    /// What the operator owns for a bot, as "kind namespace/name" with the resourceVersions.
    func owned(_ name: String, _ bot: BotInfo) async throws -> [String: String] {
        var found: [String: String] = [:]
        let worker = ObjectKey(namespace: "bots", name: "bot-\(name)")
        let binding = ObjectKey(namespace: "tgs-system", name: BotID(number: bot.id).bindingName)
        if let object = try await client.find(Deployment.self, worker) {
            found["Deployment"] = object.metadata.resourceVersion
        }
        if let object = try await client.find(ServiceAccount.self, worker) {
            found["ServiceAccount"] = object.metadata.resourceVersion
        }
        if let object = try await client.find(Platform.DisruptionBudget.self, worker) {
            found["PodDisruptionBudget"] = object.metadata.resourceVersion
        }
        if let object = try await client.find(Secret.self, worker) { found["Secret"] = object.metadata.resourceVersion }
        if let object = try await client.find(Secret.self, binding) {
            found["Binding"] = object.metadata.resourceVersion
        }
        if let object = try await client.find(AnyScaledObject.self, worker) {
            found["ScaledObject"] = object.metadata.resourceVersion
        }
        return found
    }

    /// How far a bot's messages have come, for a test that waited in vain: Telegram, both topics, both groups.
    func hops(of bot: BotInfo) async throws -> String {
        let id = BotID(number: bot.id)
        let gateway = TelegramGateway.senderGroup(ObjectKey(namespace: "tgs-system", name: "main"))
        var text = "Telegram: \(try simulator.state(of: bot.id))"
        for (topic, group) in [(id.incomingTopic, id.workerGroup), (id.outgoingTopic, gateway)] {
            let count = try await admin.describeTopics([topic], timeout: .seconds(10))[topic]??.partitions.count ?? 0
            let partitions = (0..<Int32(count)).map { TopicPartition(topic: topic, partition: $0) }
            let ends = try await admin.logEndOffsets(partitions)
            let committed = try await admin.committedOffsets(group: group, partitions)
            for partition in partitions {
                text += "; \(partition): end \(ends[partition] ?? -1), committed \(committed[partition] ?? -1)"
            }
        }
        return text
    }

    func topics(_ bot: BotInfo) async throws -> [String: Int] {
        let id = BotID(number: bot.id)
        return try await admin.describeTopics(
            [id.incomingTopic, id.outgoingTopic, id.deadLetterTopic], timeout: .seconds(10)
        ).compactMapValues { $0?.partitions.count }
    }
}

extension KafkaBroker {
    /// How tests and their workers reach the broker.
    var security: KafkaSecurity {
        guard let tls else { return .plaintext }
        return .sasl(
            mechanism: .plain, username: "test", password: Sensitive("any"), tls: KafkaTLS(caPEM: tls.caPEM))
    }
}
