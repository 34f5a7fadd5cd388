import Concurrency
import Foundation
import JSON
import KafkaClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TestRig

/// A gateway as a process of its own that sends workers' answers, on a cluster that expels dead members of a group as Apache Kafka
/// does. That cluster has no admin API, so the operator's part is played here.
final class AnswerRig: Sendable {
    let cluster: MockCluster
    let simulator: Simulator
    let bots: [BotInfo]
    private let plane: ControlPlane
    private let admin: KafkaAdmin
    private let producer: KafkaProducer
    private let gateway = Locked<ChildProcess?>(nil)
    private let logs: String

    static let chats: ClosedRange<Int64> = 1...4
    private static let gatewayName = ObjectKey(namespace: "default", name: "main")

    /// Runs `body` with a control plane, a cluster, bots that people have written to, and no gateway yet.
    static func run(bots count: Int, _ body: (AnswerRig) async throws -> Void) async throws {
        let plane = try await ControlPlane.start()
        var configuration = SimulatorConfiguration()
        configuration.recordCapacity = 200_000
        let simulator = try Simulator(configuration, logger: .silent, metrics: MetricsRegistry())
        try simulator.start()
        let running = Task { try await simulator.run() }
        let result: Result<Void, any Error>
        do {
            let rig = try await AnswerRig(plane, simulator, count)
            do {
                try await body(rig)
                result = .success(())
            } catch {
                if let process = rig.gateway.withLock({ $0 }) { print("---- gateway\n\(process.logTail(lines: 60))") }
                result = .failure(error)
            }
            await rig.stop()
        } catch {
            result = .failure(error)
        }
        await simulator.shutdown()
        _ = await running.result
        await plane.stop()
        try result.get()
    }

    private init(_ plane: ControlPlane, _ simulator: Simulator, _ count: Int) async throws {
        self.plane = plane
        self.simulator = simulator
        cluster = try MockCluster()
        admin = try KafkaAdmin(cluster.configuration(), logger: .silent)
        producer = try KafkaProducer(cluster.configuration(), logger: .silent)
        logs = try TestFolder.make("answers")
        bots = try (0..<count).map { try simulator.createBot(BotSpec(id: 4200 + Int64($0))) }
        cluster.createTopic(WakeSignal.topic)
        let client = try KubernetesClient(try .kubeconfig(text: plane.kubeconfigText()), logger: .silent)
        let result: Result<Void, any Error>
        do {
            for bot in bots {
                let id = BotID(number: bot.id)
                for topic in [id.incomingTopic, id.outgoingTopic, id.deadLetterTopic] { cluster.createTopic(topic) }
                for chat in Self.chats { try simulator.write(MessageSpec(bot: bot.id, user: chat, text: "hi")) }
                let binding = Binding(
                    botID: id, owner: "shop/\(bot.username)", token: bot.token, webhookSecrets: ["s3cret"])
                let metadata = ObjectMeta(
                    name: id.bindingName, namespace: Self.gatewayName.namespace,
                    labels: [
                        Labels.component: Labels.bindingComponent, Labels.managedBy: Labels.managedByValue,
                        Labels.gateway: Self.gatewayName.name,
                    ])
                _ = try await client.create(Secret(metadata: metadata, data: binding.secretData))
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        try result.get()
    }

    private func stop() async {
        await gateway.withLock { $0 }?.terminate(signal: SIGKILL)
        await producer.close(timeout: .seconds(2))
        await admin.close()
        TestFolder.remove(logs)
    }

    func startGateway() throws {
        let process = try ChildProcess(
            Platform.program,
            [
                "gateway", "--kubeconfig", try plane.kubeconfigPath, "--name", Self.gatewayName.name, "--namespace",
                Self.gatewayName.namespace ?? "", "--kafka-brokers", cluster.bootstrapServers, "--api-base-url",
                simulator.apiURL, "--host", "127.0.0.1", "--webhook-port", "0", "--proxy-port", "off", "--health-port",
                "0", "--log-level", "debug", "--chat-messages-per-second", "0", "--group-messages-per-minute", "0",
                // The shortest that there is.
                "--sender-session-timeout", "6s",
            ], environment: ["PATH": "/usr/bin:/bin", "HOME": logs],
            log: TestFolder.logFile("gateway-\(UUID().uuidString.prefix(4))", in: logs))
        gateway.withLock { $0 = process }
    }

    /// Kills the gateway, and returns when it is dead.
    func killGateway() async { await gateway.withLock { $0 }?.terminate(signal: SIGKILL) }

    /// Answers as a worker does: the text is the id, too.
    /// - Returns: the record's offset.
    func answer(_ bot: BotInfo, chat: Int64, id: String) async throws -> Int64 {
        let envelope = OutgoingEnvelope(
            method: "sendMessage", params: ["chat_id": .int(chat), "text": .string(id)], requestID: id)
        return try await producer.send(
            KafkaRecord(
                topic: BotID(number: bot.id).outgoingTopic, key: Array("\(chat)".utf8),
                value: Array(try JSONEncoder().encode(envelope)))
        ).offset
    }

    /// What bots have sent, oldest first; what people have seen, that is.
    func sent(by bot: BotInfo) -> [RecordedCall] {
        simulator.calls(RecordFilter(bot: bot.id, method: "sendMessage"), limit: .max)
    }

    /// The offset up to which the gateways have committed a bot's answers.
    func committed(_ bot: BotInfo) async throws -> Int64 {
        let partition = TopicPartition(topic: BotID(number: bot.id).outgoingTopic, partition: 0)
        let group = TelegramGateway.senderGroup(Self.gatewayName)
        return try await admin.committedOffsets(group: group, [partition])[partition] ?? 0
    }

    /// Tries until `check` answers `nil`; what it answered last is told when the time is over.
    func eventually(
        _ what: String, within limit: Duration = .seconds(120), _ check: () async throws -> String?
    ) async throws {
        let deadline = ContinuousClock.now + limit
        var last = ""
        while ContinuousClock.now < deadline {
            guard let problem = try await check() else { return }
            last = problem
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Platform.NotInTime(description: "not in \(limit): \(what); last: \(last)")
    }
}
