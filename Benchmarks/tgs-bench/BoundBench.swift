import Concurrency
import Foundation
import KafkaClient
import Observability
import PlatformAPI
import TestRig

/// What a gateway with many bots needs of memory: at rest, and while updates for all of them come in.
struct BoundBench {
    let options: BenchOptions
    let report: Report
    let platform: BenchPlatform

    private let firstBot: Int64 = 4_000_000_000
    private let secret = "bound-bots-secret"
    /// Updates a second while memory is watched for growth: the broker keeps all of them on its disk.
    private let rate = 1000.0

    func run() async throws {
        let count = options.boundBots
        let numbers = firstBot..<firstBot + Int64(count)
        let bound = BoundBots(
            client: platform.client, brokers: platform.broker.bootstrapServers,
            bots: numbers.map { (BotID(number: $0), "\($0):AA" + String(repeating: "t", count: 33)) }, secret: secret)
        report.progress("making the topics of \(count) bots")
        try await bound.makeTopics()

        var gateway = try await platform.startGateway()
        try await gateway.waitUntilReady()
        let empty = try await settled(gateway)
        report.progress("making \(count) binding Secrets")
        let start = ContinuousClock.now
        try await bound.bind()
        var failure: (any Error)?
        do {
            try await boundBots(gateway, count, "making \(count) bindings until the gateway knew them", since: start)
            add("gateway, \(count) bots bound while it ran", try await settled(gateway), empty)
        } catch {
            // How it does once they are there is worth knowing all the same.
            failure = ended(gateway) ?? error
            report.note("while \(count) bots were bound: \(failure.map { "\($0)" } ?? "")")
        }
        await gateway.stop()

        report.progress("restarting the gateway with \(count) bots")
        let restart = ContinuousClock.now
        gateway = try await platform.startGateway()
        try await gateway.waitUntilReady(within: options.patience)
        try await boundBots(gateway, count, "start with \(count) bots until all are known", since: restart)
        let rest = try await settled(gateway)
        add("gateway, started with \(count) bots", rest, empty)
        try await tellRest(gateway)
        let fullLoad = try await load(gateway, numbers, empty: empty)
        await gateway.stop()
        report.progress("the producer alone on the same topics")
        report.add(
            Figure(
                .bound, "webhooks for \(count) bots in turn", fullLoad, "req/s",
                beside: ("the producer alone on these topics, no gateway", try await producerRate(numbers))))
        if let failure { throw failure }
    }

    /// Records that a producer like the gateway's gets acknowledged in a second, 64 in flight, for all bots in turn; what the
    /// broker and librdkafka make of so many topics.
    private func producerRate(_ numbers: Range<Int64>) async throws -> Double {
        let producer = try KafkaProducer(
            KafkaConfiguration(bootstrapServers: platform.broker.bootstrapServers, clientID: "bench"),
            settings: ProducerSettings(lingerMilliseconds: 1), logger: .silent)
        let next = Locked(0)
        @Sendable func send(until end: ContinuousClock.Instant, atMost most: Int) async throws -> Int {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        var sent = 0
                        while ContinuousClock.now < end, sent < most {
                            let number = next.withLock { next in
                                defer { next += 1 }
                                return next
                            }
                            let bot = BotID(number: numbers.lowerBound + Int64(number % numbers.count))
                            _ = try await producer.send(
                                KafkaRecord(
                                    topic: bot.incomingTopic, key: Array("\(number)".utf8),
                                    value: [UInt8](repeating: UInt8(ascii: "x"), count: 536)))
                            sent += 1
                        }
                        return sent
                    }
                }
                return try await group.reduce(0, +)
            }
        }
        // The first record of each topic makes the client look it up.
        _ = try await send(until: .now + options.patience, atMost: numbers.count / 64 + 1)
        let start = ContinuousClock.now
        let count = try await send(until: start + .seconds(options.seconds), atMost: .max)
        let seconds = (ContinuousClock.now - start).seconds
        await producer.close()
        return Double(count) / seconds
    }

    /// What the gateway does when nothing happens.
    private func tellRest(_ gateway: RunningProgram) async throws {
        let before = try gateway.usage.processorTime
        try await Task.sleep(for: .seconds(options.seconds))
        let used = try gateway.usage.processorTime - before
        report.add(Figure(.bound, "its processor at rest", used / Double(options.seconds) * 100, "% of a core"))
    }

    /// - Returns: webhooks a second under full load.
    private func load(_ gateway: RunningProgram, _ numbers: Range<Int64>, empty: ProcessUsage) async throws -> Double {
        let generator = LoadGenerator(
            url: "http://127.0.0.1:\(platform.webhookPort)/", secret: secret, bots: numbers)
        try await firstUpdates(gateway, generator, count: numbers.count)
        add("gateway, when each bot had an update", try gateway.usage, empty)

        report.progress("\(options.seconds) s of full load on all of them")
        let run = try await generator.run(seconds: options.seconds)
        if run.refused + run.failed > 0 {
            report.note("under full load \(run.refused) webhooks were refused, \(run.failed) failed")
        }
        add("gateway under full load", try gateway.usage, empty)

        report.progress("\(Int(rate)) webhooks a second for \(options.hold) s")
        // In ten parts: growth is the last against the first, which has been over all bots.
        let part = max(1, options.hold / 10)
        let paced = PacedLoad(port: platform.webhookPort, secret: secret, bots: numbers, rate: rate)
        var residents: [Double] = []
        var failed = 0
        var unsent = 0
        for _ in 0..<10 {
            let run = try await paced.run(seconds: part)
            failed += run.failed
            unsent += run.unsent
            residents.append(try gateway.usage.resident)
            report.progress("\(Report.text(residents.last ?? 0)) MB")
        }
        if failed + unsent > 0 {
            report.note(
                "of \(Int(rate) * part * 10) paced webhooks \(failed) were refused or failed, and \(unsent) were not sent "
                    + "because the gateway was too far behind")
        }
        report.add(
            Figure(
                .bound, "gateway after \(part * 10) s of \(Int(rate)) webhooks/s", residents.last ?? 0, "MB",
                beside: ("after the first tenth of them", residents.first ?? 0)))
        report.add(Figure(.bound, "its peak", try gateway.usage.peak, "MB", beside: ("peak with no bot", empty.peak)))
        return run.perSecond
    }

    /// Sends updates until each bot has had one: the first makes client and broker look its topic up.
    private func firstUpdates(_ gateway: RunningProgram, _ generator: LoadGenerator, count: Int) async throws {
        report.progress("the first update of each bot")
        let start = ContinuousClock.now
        var answered = 0
        // Two threads, half a round apart, with two bots in a hundred to spare.
        while Double(answered) < Double(count) * 1.02, ContinuousClock.now - start < options.patience {
            let run = try await generator.run(seconds: 5, from: Int64(answered / 2))
            answered += run.requests - run.refused
            report.progress("\(answered)")
        }
        let seconds = (ContinuousClock.now - start).seconds
        report.add(Figure(.bound, "first updates of \(count) bots", Double(answered) / seconds, "req/s"))
    }

    /// Why a gateway that is gone went: its last words, which are not always its last line.
    private func ended(_ gateway: RunningProgram) -> NotInTime? {
        guard let exit = gateway.process.exit else { return nil }
        let lines = gateway.process.logTail(lines: 60).split(separator: "\n")
        let reason = lines.first { $0.contains("assert") || $0.contains("Fatal error") } ?? lines.last ?? ""
        return NotInTime(description: "the gateway has ended (\(exit)): \(reason)")
    }

    private func add(_ name: String, _ usage: ProcessUsage, _ empty: ProcessUsage) {
        report.add(Figure(.bound, name, usage.resident, "MB", beside: ("with no bot", empty.resident)))
    }

    private func boundBots(
        _ gateway: RunningProgram, _ count: Int, _ name: String, since start: ContinuousClock.Instant
    ) async throws {
        let limit = ContinuousClock.now + options.patience
        while try await gateway.metric("tgs_gateway_bindings") < Double(count) {
            guard gateway.process.isRunning else { throw NotInTime(description: "it has ended") }
            guard ContinuousClock.now < limit else {
                throw NotInTime(description: "\(count) bots were not bound in time")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        report.add(Figure(.bound, name, (ContinuousClock.now - start).seconds, "s"))
    }

    /// The usage once memory has stopped changing: the group of the outgoing topics needs a while with many of them.
    private func settled(_ gateway: RunningProgram) async throws -> ProcessUsage {
        var last = 0.0
        var quiet = 0
        let deadline = ContinuousClock.now + .seconds(120)
        while quiet < 5, ContinuousClock.now < deadline {
            try await Task.sleep(for: .seconds(2))
            let usage = try gateway.usage
            quiet = abs(usage.resident - last) < 0.5 ? quiet + 1 : 0
            last = usage.resident
        }
        return try gateway.usage
    }
}
