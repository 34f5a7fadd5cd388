import Concurrency
import Foundation
import KafkaClient
import Observability
import PlatformAPI
import Simulator
import TestRig

/// How many webhooks the gateway takes when each is answered only after the broker's acknowledgement.
struct WebhookBench {
    private struct Target {
        let name: String
        let generator: LoadGenerator
        var runs: [LoadGenerator.Run] = []

        func median(_ value: (LoadGenerator.Run) -> Double) -> Double { Samples(runs.map(value)).median }
    }

    let options: BenchOptions
    let report: Report
    let platform: BenchPlatform

    func run() async throws {
        let folder = try TestFolder.make("references")
        defer { TestFolder.remove(folder) }
        let first = try await platform.startGateway()
        try await first.waitUntilReady()
        let maker = try await platform.startOperator()
        let bot = try await platform.makeReadyBot("webhook")
        // They would only cost processor time from here on, and so would the answers' topic: see the README on this broker.
        await maker.stop()
        await first.stop()
        try await removeAnswers(of: BotID(number: bot.id))
        let gateway = try await platform.startGateway()
        try await gateway.waitUntilReady()
        guard let webhook = try platform.simulator.state(of: bot.id).webhook else {
            throw NotInTime(description: "the bot has no webhook")
        }
        let nginx = try await ReferenceServers.startNginx(in: folder)
        let bare = try await ReferenceServers.startBareServer(options.bareServer, in: folder)

        let secret = webhook.secretToken
        let peers = try await startPeers(BotID(number: bot.id), secret, in: folder)
        var targets = [
            Target(name: "nginx", generator: LoadGenerator(url: nginx.url, secret: secret)),
            Target(name: "libmicrohttpd", generator: LoadGenerator(url: bare.url, secret: secret)),
            Target(name: "gateway", generator: LoadGenerator(url: webhook.url, secret: secret)),
            Target(name: "refusal", generator: LoadGenerator(url: webhook.url, secret: "not the secret")),
        ]
        targets += peers.map { Target(name: $0.name, generator: LoadGenerator(url: $0.url, secret: secret)) }
        let topic = BotID(number: bot.id).incomingTopic
        let before = try gateway.usage
        let recordsBefore = try await records(topic)
        for target in targets { _ = try await target.generator.run(seconds: 2) }
        let warm = try gateway.usage
        var produced: [Double] = []
        var processorTime = 0.0
        for round in 1...options.rounds {
            for index in targets.indices {
                report.progress("round \(round): \(targets[index].name)")
                let used = try gateway.usage.processorTime
                targets[index].runs.append(try await targets[index].generator.run(seconds: options.seconds))
                if let run = targets[index].runs.last {
                    report.progress(
                        "\(Int(run.perSecond)) req/s, longest \(Report.text(run.longest / 1000)) ms, "
                            + "refused \(run.refused), failed \(run.failed)")
                }
                if targets[index].name == "gateway" { processorTime += try gateway.usage.processorTime - used }
            }
            report.progress("round \(round): the producer alone")
            produced.append(try await producerRate(topic, inFlight: targets[0].generator.connections))
        }
        let after = try gateway.usage
        let accepted = try await gateway.metric("tgs_gateway_webhook_requests_total")
        let unavailable = try await gateway.metric("tgs_gateway_webhook_requests_total") { $0.contains("unavailable") }
        if unavailable > 0 { report.note("the gateway answered 503 to \(Int(unavailable)) webhooks") }
        try await tell(targets, produced: Samples(produced).median, processorTime)
        try await checkPeers(targets, peers)
        // They would only cost memory and a little processor time from here on.
        for peer in peers { await peer.process.terminate() }
        let rate = targets[2].median(\.perSecond) / 2
        try await measureHalfLoad(webhook.url, secret, bot: bot.id, rate: rate)
        report.add(
            Figure(
                .webhook, "gateway's memory after \(Int(accepted)) requests", after.resident, "MB",
                beside: ("before the first", before.resident)))
        report.add(
            Figure(.webhook, "its peak", after.peak, "MB", beside: ("after the warm-up", warm.peak)))
        // The topic also has what the producer alone wrote: under another key, counted apart.
        let sent = try await acceptedByGateway(gateway)
        let arrived = try await records(topic) - recordsBefore - producerRecords.withLock { $0 }
        guard arrived >= sent else {
            throw NotInTime(description: "\(sent) webhooks were answered 200 but \(arrived) records are on the topic")
        }
        report.note("every one of \(sent) webhooks answered 200 is on the topic (\(arrived) records)")
        for process in nginx.processes + [bare.process, gateway.process] { await process.terminate() }
    }

    private struct Peer {
        let name: String
        let topic: String
        let process: ChildProcess
        let url: String
    }

    /// The FastAPI gateway with one worker process and with two, each with a topic of its own.
    private func startPeers(_ bot: BotID, _ secret: String, in folder: String) async throws -> [Peer] {
        let brokers = platform.broker.bootstrapServers
        var peers: [Peer] = []
        for workers in [1, 2] {
            let topic = "peer_\(workers)_incoming"
            try await makeTopic(topic)
            let (process, url) = try await ReferenceServers.startPeer(
                options.peerPython, workers: workers, bot: bot, secret: secret, topic: topic, brokers: brokers,
                in: folder)
            let name = "FastAPI + aiokafka, \(workers) worker\(workers == 1 ? "" : "s")"
            peers.append(Peer(name: name, topic: topic, process: process, url: url))
        }
        return peers
    }

    /// That the peers did what they are compared for.
    private func checkPeers(_ targets: [Target], _ peers: [Peer]) async throws {
        for peer in peers {
            let accepted = targets.filter { $0.name == peer.name }.flatMap(\.runs)
                .reduce(0) { $0 + $1.requests - $1.refused }
            let arrived = try await records(peer.topic)
            guard arrived >= accepted else {
                throw NotInTime(
                    description: "\(peer.name) answered 200 to \(accepted) webhooks but \(arrived) records are there")
            }
        }
    }

    /// Takes away the topic with a bot's answers, which this part has none of.
    private func removeAnswers(of bot: BotID) async throws {
        let admin = try KafkaAdmin(
            KafkaConfiguration(bootstrapServers: platform.broker.bootstrapServers, clientID: "bench"), logger: .silent)
        let results = try await admin.deleteTopics([bot.outgoingTopic], timeout: .seconds(20))
        await admin.close()
        for result in results.values { try result.get() }
    }

    /// Makes a topic like a bot's.
    func makeTopic(_ topic: String) async throws {
        let admin = try KafkaAdmin(
            KafkaConfiguration(bootstrapServers: platform.broker.bootstrapServers, clientID: "bench"), logger: .silent)
        let results = try await admin.createTopics(
            [NewTopic(name: topic, partitions: 3, replicationFactor: 1)], timeout: .seconds(20))
        await admin.close()
        for result in results.values { try result.get() }
    }

    private func tell(_ targets: [Target], produced: Double, _ processorTime: Double) async throws {
        let nginx = targets[0], bare = targets[1], gateway = targets[2], refusal = targets[3]
        for target in targets where target.name != "refusal" {
            let refused = target.runs.reduce(0) { $0 + $1.refused }
            let failed = target.runs.reduce(0) { $0 + $1.failed }
            guard refused + failed > 0 else { continue }
            let longest = target.runs.map(\.longest).max() ?? 0
            report.note(
                "\(target.name): \(refused) requests were answered 4xx or 5xx, \(failed) lost their connection or took "
                    + "longer than 10 s; the longest answer took \(Report.text(longest / 1000)) ms")
        }
        let rate = gateway.median(\.perSecond)
        report.add(
            Figure(
                .webhook, "gateway, broker acknowledged", rate, "req/s",
                beside: ("nginx, constant 200", nginx.median(\.perSecond))))
        report.add(
            Figure(
                .webhook, "gateway, broker acknowledged", rate, "req/s",
                beside: ("bare libmicrohttpd", bare.median(\.perSecond))))
        report.add(
            Figure(
                .webhook, "gateway, broker acknowledged", rate, "req/s",
                beside: ("the producer alone, 64 records in flight", produced)))
        // The better of the two.
        if let peer = targets.dropFirst(4).max(by: { $0.median(\.perSecond) < $1.median(\.perSecond) }) {
            for other in targets.dropFirst(4) {
                report.note("\(other.name): \(Report.text(other.median(\.perSecond))) req/s")
            }
            report.add(
                Figure(
                    .webhook, "gateway, broker acknowledged", rate, "req/s",
                    beside: (peer.name, peer.median(\.perSecond))))
            report.add(
                Figure(
                    .webhook, "gateway, p99", gateway.median(\.p99) / 1000, "ms",
                    beside: (peer.name, peer.median(\.p99) / 1000)))
        }
        report.add(
            Figure(
                .webhook, "gateway, refusing a wrong secret", refusal.median(\.perSecond), "req/s",
                beside: ("bare libmicrohttpd", bare.median(\.perSecond))))
        report.add(
            Figure(
                .webhook, "gateway, p50", gateway.median(\.p50) / 1000, "ms",
                beside: ("nginx, constant 200", nginx.median(\.p50) / 1000)))
        report.add(
            Figure(
                .webhook, "gateway, p99", gateway.median(\.p99) / 1000, "ms",
                beside: ("nginx, constant 200", nginx.median(\.p99) / 1000)))
        let requests = gateway.runs.reduce(0) { $0 + $1.requests }
        report.add(
            Figure(.webhook, "gateway's processor time", processorTime * 1e6 / Double(requests), "µs/req"))
    }

    /// Records that the gateway's own kind of producer gets acknowledged in a second, from this process.
    private func producerRate(_ topic: String, inFlight: Int) async throws -> Double {
        let producer = try KafkaProducer(
            KafkaConfiguration(bootstrapServers: platform.broker.bootstrapServers, clientID: "bench"),
            settings: ProducerSettings(lingerMilliseconds: 1), logger: .silent)
        let value = [UInt8](repeating: UInt8(ascii: "x"), count: 550)
        let start = ContinuousClock.now
        let end = start + .seconds(max(1, options.seconds / 2))
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for lane in 0..<inFlight {
                group.addTask {
                    var sent = 0
                    while ContinuousClock.now < end {
                        _ = try await producer.send(
                            KafkaRecord(topic: topic, key: Array("\(lane)-\(sent)".utf8), value: value))
                        sent += 1
                    }
                    return sent
                }
            }
            return try await group.reduce(0, +)
        }
        let seconds = (ContinuousClock.now - start).seconds
        await producer.close()
        producerRecords.withLock { $0 += count }
        return Double(count) / seconds
    }

    private let producerRecords = Locked(0)

    private func records(_ topic: String) async throws -> Int {
        let admin = try KafkaAdmin(
            KafkaConfiguration(bootstrapServers: platform.broker.bootstrapServers, clientID: "bench"), logger: .silent)
        let ends = try await admin.logEndOffsets((0..<3).map { TopicPartition(topic: topic, partition: $0) })
        await admin.close()
        return Int(ends.values.reduce(0, +))
    }

    private func acceptedByGateway(_ gateway: RunningProgram) async throws -> Int {
        Int(try await gateway.metric("tgs_gateway_webhook_requests_total") { $0.contains("accepted") })
    }

    init(options: BenchOptions, report: Report, platform: BenchPlatform) {
        self.options = options
        self.report = report
        self.platform = platform
    }
}
