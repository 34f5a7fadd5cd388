import Concurrency
import Foundation
import KafkaClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TestRig

/// Control plane, broker and simulator of a run, and operator and gateway as processes of the program under test.
final class BenchPlatform: Sendable {
    let controlPlane: ControlPlane
    let broker: KafkaBroker
    let simulator: Simulator
    let client: KubernetesClient
    let webhookPort: UInt16
    /// Of the gateway's Bot API proxy.
    let proxyPort: UInt16
    private let program: String
    private let folder: String
    private let simulating: Task<Void, any Error>

    static let namespace = "bots"

    /// Runs `body` with a platform of its own, with neither operator nor gateway yet, and takes it away afterwards.
    static func with(_ options: BenchOptions, _ body: (BenchPlatform) async throws -> Void) async throws {
        let platform = try await start(options)
        let result: Result<Void, any Error>
        do {
            try await body(platform)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await platform.stop()
        try result.get()
    }

    private init(
        controlPlane: ControlPlane, broker: KafkaBroker, simulator: Simulator, program: String
    ) throws {
        self.controlPlane = controlPlane
        self.broker = broker
        self.simulator = simulator
        self.program = program
        client = try KubernetesClient(
            try ClusterConfiguration.load(kubeconfig: try controlPlane.kubeconfigPath, context: nil), logger: .silent)
        webhookPort = try LoopbackPort.free()
        proxyPort = try LoopbackPort.free()
        folder = try TestFolder.make("bench")
        simulating = Task.detached { try await simulator.run() }
    }

    private static func start(_ options: BenchOptions) async throws -> BenchPlatform {
        async let planeStart = ControlPlane.start()
        async let brokerStart = KafkaBroker.start()
        let controlPlane = try await planeStart
        let broker = try await brokerStart
        var configuration = SimulatorConfiguration()
        configuration.allowInsecureWebhooks = true
        // The outgoing part looks at each call of a round.
        configuration.recordCapacity = max(configuration.recordCapacity, options.calls * 2)
        configuration.recordBytes = 1 << 30
        let simulator = try Simulator(configuration, logger: .silent, metrics: MetricsRegistry())
        try simulator.start()
        let platform = try BenchPlatform(
            controlPlane: controlPlane, broker: broker, simulator: simulator, program: options.program)
        try await platform.prepare()
        return platform
    }

    private func prepare() async throws {
        let keda = "\(folder)/keda.yaml"
        try KEDAResources.all.write(toFile: keda, atomically: true, encoding: .utf8)
        for file in ["\(ProjectFolder.crds)/telegrambots.yaml", "\(ProjectFolder.crds)/telegramgateways.yaml", keda] {
            try await controlPlane.applyCRDs(file)
        }
        for namespace in [Self.namespace, "tgs-system", "reference"] {
            try await controlPlane.requestSuccessfully(
                "POST", "/api/v1/namespaces", body: #"{"metadata":{"name":"\#(namespace)"}}"#)
        }
        var kafka = TelegramGatewaySpec.Kafka(bootstrapServers: broker.bootstrapServers)
        kafka.replicationFactor = 1
        _ = try await client.create(
            TelegramGateway(
                metadata: ObjectMeta(
                    name: "main", namespace: "tgs-system", annotations: [Annotations.defaultGateway: "true"]),
                spec: TelegramGatewaySpec(
                    publicURL: "http://127.0.0.1:\(webhookPort)", kafka: kafka,
                    telegram: TelegramGatewaySpec.Telegram(apiBaseURL: simulator.apiURL))))
    }

    private func stop() async {
        await simulator.shutdown()
        _ = await simulating.result
        await client.shutdown()
        await broker.remove()
        await controlPlane.stop()
        TestFolder.remove(folder)
    }

    // MARK: Programs

    /// Starts `tgs operator` and waits until it says that it is ready.
    func startOperator() async throws -> RunningProgram {
        let port = try LoopbackPort.free()
        let process = try start(
            "operator",
            [
                "operator", "--kubeconfig", try controlPlane.kubeconfigPath, "--host", "127.0.0.1", "--health-port",
                "\(port)",
            ])
        return RunningProgram(process: process, healthPort: port)
    }

    /// Starts `tgs gateway`.
    /// - Parameters:
    ///   - apiURL: of another Bot API server than the platform's simulator.
    ///   - keepsLimits: the gateway's defaults. Else measured is what it can, not what Telegram allows.
    func startGateway(apiURL: String? = nil, keepsLimits: Bool = false) async throws -> RunningProgram {
        let port = try LoopbackPort.free()
        let limits = [
            "--chat-messages-per-second", "0", "--group-messages-per-minute", "0", "--broadcast-messages-per-second",
            "0",
        ]
        let process = try start(
            "gateway",
            [
                "gateway", "--kubeconfig", try controlPlane.kubeconfigPath, "--name", "main", "--namespace",
                "tgs-system", "--kafka-brokers", broker.bootstrapServers, "--api-base-url", apiURL ?? simulator.apiURL,
                "--host", "127.0.0.1", "--webhook-port", "\(webhookPort)", "--proxy-port", "\(proxyPort)",
                "--health-port", "\(port)",
            ] + (keepsLimits ? [] : limits))
        return RunningProgram(process: process, healthPort: port)
    }

    private func start(_ name: String, _ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(
            program, arguments, environment: ["PATH": "/usr/bin:/bin", "HOME": folder],
            log: TestFolder.logFile(name, in: folder))
    }

    // MARK: Bots

    /// Makes a bot at the simulator and its Secret.
    @discardableResult
    func makeBot(_ name: String) async throws -> BotInfo {
        let bot = try simulator.createBot(BotSpec(username: "\(name.replacing("-", with: "_"))_bot"))
        _ = try await client.create(
            Secret(
                metadata: ObjectMeta(name: "\(name)-token", namespace: Self.namespace),
                data: ["token": Data(bot.token.utf8)]))
        return bot
    }

    /// Creates the TelegramBot, which is what an operator waits for.
    func applyBot(_ name: String) async throws {
        var worker = TelegramBotSpec.Worker(image: "example.org/echo:1")
        worker.resources = ResourceRequirements(
            requests: ["cpu": "50m", "memory": "32Mi"], limits: ["memory": "64Mi"])
        _ = try await client.create(
            TelegramBot(
                metadata: ObjectMeta(name: name, namespace: Self.namespace),
                spec: TelegramBotSpec(
                    tokenSecretRef: TelegramBotSpec.SecretKeyReference(name: "\(name)-token"), worker: worker,
                    scaling: TelegramBotSpec.Scaling(maxReplicas: 3))))
    }

    /// Applies one bot and waits until operator and gateway are done with it.
    func makeReadyBot(_ name: String) async throws -> BotInfo {
        let bot = try await makeBot(name)
        try await applyBot(name)
        let key = ObjectKey(namespace: Self.namespace, name: name)
        try await eventually("TelegramBot \(name) is ready") {
            try await client.find(TelegramBot.self, key)?.isReady == true
        }
        return bot
    }
}
