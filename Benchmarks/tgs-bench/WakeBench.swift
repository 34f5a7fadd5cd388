import Concurrency
import Foundation
import KafkaClient
import KubernetesClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TestRig

/// From an update at the gateway to the Deployment of a sleeping bot being scaled up, as a watch at the API server shows it.
struct WakeBench {
    let options: BenchOptions
    let report: Report
    let platform: BenchPlatform

    func run() async throws {
        let gateway = try await platform.startGateway()
        try await gateway.waitUntilReady()
        let maker = try await platform.startOperator()
        let bot = try await platform.makeReadyBot("sleeper")
        let key = ObjectKey(namespace: BenchPlatform.namespace, name: "bot-sleeper")

        let admin = try KafkaAdmin(
            KafkaConfiguration(bootstrapServers: platform.broker.bootstrapServers, clientID: "bench"), logger: .silent)
        var wakes: [Double] = []
        var scales: [Double] = []
        let count = options.wakes
        report.progress("\(count) wakes")
        // The first ones are for everything to be listening and warm.
        for number in -3..<count {
            let wake = try await once(bot, key, number, admin)
            let scale = try await bareScale(key)
            guard number >= 0 else { continue }
            wakes.append(wake)
            scales.append(scale)
        }
        for percent in [50.0, 99.0] {
            report.add(
                Figure(
                    .wake, "update sent to Deployment scaled up, p\(Int(percent))",
                    Samples(wakes).percentile(percent), "ms",
                    beside: ("a scale written and watched alone, p\(Int(percent))", Samples(scales).percentile(percent))
                ))
        }
        await admin.close()
        await maker.stop()
        await gateway.stop()
    }

    /// Puts the bot to sleep, as KEDA does, sends an update and waits for the scale-up. Milliseconds.
    private func once(
        _ bot: BotInfo, _ key: ObjectKey, _ number: Int, _ admin: KafkaAdmin
    ) async throws -> Double {
        try await answer(bot, admin)
        _ = try await platform.client.setScale(Deployment.definition, key, replicas: 0)
        // Over the time in which the operator looks for what came while the workers ended, and holds a second wake back.
        try await Task.sleep(for: .seconds(6))
        let start = ContinuousClock.now
        try platform.simulator.write(MessageSpec(bot: bot.id, user: 7, text: "\(number)"))
        return try await seen(key, replicas: 1, since: start)
    }

    /// The same write and watch with nothing before it. Milliseconds.
    private func bareScale(_ key: ObjectKey) async throws -> Double {
        let start = ContinuousClock.now
        _ = try await platform.client.setScale(Deployment.definition, key, replicas: 2)
        return try await seen(key, replicas: 2, since: start)
    }

    private func seen(_ key: ObjectKey, replicas: Int, since start: ContinuousClock.Instant) async throws -> Double {
        while try await platform.client.get(Deployment.self, key).spec.replicas != replicas {
            guard ContinuousClock.now - start < .seconds(20) else {
                throw NotInTime(description: "the Deployment was not scaled to \(replicas) in 20 seconds")
            }
        }
        return Double((ContinuousClock.now - start).milliseconds)
    }

    /// Commits what has come in, as a worker does that has answered it.
    private func answer(_ bot: BotInfo, _ admin: KafkaAdmin) async throws {
        let id = BotID(number: bot.id)
        let partitions = (0..<3).map { TopicPartition(topic: id.incomingTopic, partition: Int32($0)) }
        try await admin.commitOffsets(group: id.workerGroup, try await admin.logEndOffsets(partitions))
    }
}
