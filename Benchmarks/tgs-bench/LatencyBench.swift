import Concurrency
import Foundation
import KafkaClient
import Observability
import PlatformAPI
import Simulator
import TestRig

/// From a person's message at the simulator to the worker's answer at the simulator, through all parts.
struct LatencyBench {
    let options: BenchOptions
    let report: Report
    let platform: BenchPlatform

    /// Updates a second of the second measurement.
    private let rate = 50

    func run() async throws {
        let gateway = try await platform.startGateway()
        try await gateway.waitUntilReady()
        let maker = try await platform.startOperator()
        let bot = try await platform.makeReadyBot("latency")
        await maker.stop()
        let brokers = platform.broker.bootstrapServers
        let worker = try EchoWorker(BotID(number: bot.id), brokers: brokers)
        let working = Task.detached { try await worker.run() }

        report.progress("waiting for the first answer")
        _ = try await exchange(bot, count: 1, pause: nil, label: "first", within: .seconds(60))
        _ = try await exchange(bot, count: 50, pause: nil, label: "warm-up")

        let hop = try await brokerHop(brokers)
        let single = try await exchange(bot, count: options.updates, pause: nil, label: "single")
        let flowing = try await exchange(
            bot, count: options.updates * 10, pause: .milliseconds(1000 / rate), label: "flow")
        let again = try await brokerHop(brokers)
        tell("one update at a time", single, Samples(hop + again))
        tell("\(rate) updates a second", flowing, Samples(hop + again))
        working.cancel()
        _ = await working.result
        await gateway.stop()
    }

    private func tell(_ what: String, _ samples: Samples, _ hop: Samples) {
        for percent in [50.0, 99.0] {
            report.add(
                Figure(
                    .latency, "\(what), p\(Int(percent))", samples.percentile(percent), "ms",
                    beside: ("through the broker and back alone, p\(Int(percent))", hop.percentile(percent))))
        }
    }

    /// Sends messages of 20 people and waits for the answers.
    /// - Parameters:
    ///   - pause: between two messages; `nil`: each waits for the answer to the one before.
    /// - Returns: milliseconds from each message to its answer, by the simulator's clock.
    private func exchange(
        _ bot: BotInfo, count: Int, pause: Duration?, label: String, within limit: Duration = .seconds(30)
    ) async throws -> Samples {
        if pause != nil { report.progress("\(count) updates, one every \(pause?.milliseconds ?? 0) ms") }
        let simulator = platform.simulator
        var sent: [String: Int64] = [:]
        let filter = RecordFilter(
            bot: bot.id, method: "sendMessage", after: simulator.calls(limit: .max).last?.sequence ?? 0)
        let start = ContinuousClock.now
        for number in 0..<count {
            let text = "\(label) \(number)"
            if let pause { try await Task.sleep(until: start + pause * number) }
            let spec = MessageSpec(bot: bot.id, user: 7_000_000 + Int64(number % 20), text: text)
            sent[text] = try simulator.write(spec).first?.time
            guard pause == nil else { continue }
            let answers = await simulator.calls(filter, count: number + 1, within: limit)
            guard answers.count > number else { throw missing(answers.count, number + 1) }
        }
        let calls = await simulator.calls(filter, count: count, within: limit)
        guard calls.count >= count else { throw missing(calls.count, count) }
        return Samples(
            calls.compactMap { call in
                guard let text = call.text, let start = sent[text] else { return nil }
                return Double(call.time - start) / 1000
            })
    }

    private func missing(_ count: Int, _ wanted: Int) -> NotInTime {
        NotInTime(description: "\(count) of \(wanted) answers came")
    }

    /// A record produced, consumed, produced on another topic and consumed again, one after the other: what the broker
    /// and its client cost of the way that an update and its answer take. Milliseconds.
    private func brokerHop(_ brokers: String) async throws -> [Double] {
        let configuration = KafkaConfiguration(bootstrapServers: brokers, clientID: "bench-hop")
        let admin = try KafkaAdmin(configuration, logger: .silent)
        let run = "\(UInt32.random(in: 0 ... .max))"
        let there = TopicPartition(topic: "there-\(run)", partition: 0)
        let back = TopicPartition(topic: "back-\(run)", partition: 0)
        _ = try await admin.createTopics(
            [there, back].map { NewTopic(name: $0.topic, partitions: 1, replicationFactor: 1) }, timeout: .seconds(10))
        await admin.close()
        let producer = try KafkaProducer(
            configuration, settings: ProducerSettings(lingerMilliseconds: 0), logger: .silent)
        let consumers = try [there, back].map { partition in
            let consumer = try KafkaConsumer(
                configuration, settings: ConsumerSettings(groupID: partition.topic), logger: .silent)
            try consumer.assign([partition: 0])
            return consumer
        }
        let samples = try await Self.bounce(
            there, back, producer, consumers[0], consumers[1], warmUp: 20, count: options.updates)
        for consumer in consumers { await consumer.close() }
        await producer.close()
        return samples
    }

    @concurrent private static func bounce(
        _ there: TopicPartition, _ back: TopicPartition, _ producer: KafkaProducer, _ far: KafkaConsumer,
        _ near: KafkaConsumer, warmUp: Int, count: Int
    ) async throws -> [Double] {
        let value = [UInt8](repeating: UInt8(ascii: "x"), count: 500)
        let echoing = Task {
            var left = warmUp + count
            while left > 0 {
                let messages = try await far.nextBatch(timeout: .seconds(30))
                guard !messages.isEmpty else { throw NotInTime(description: "no record came through the broker") }
                for message in messages {
                    _ = try await producer.send(
                        KafkaRecord(topic: back.topic, partition: back.partition, value: message.value))
                }
                left -= messages.count
            }
        }
        var samples: [Double] = []
        for number in 0..<warmUp + count {
            let start = ContinuousClock.now
            _ = try await producer.send(KafkaRecord(topic: there.topic, partition: there.partition, value: value))
            let messages = try await near.nextBatch(timeout: .seconds(30))
            guard messages.count == 1 else { throw NotInTime(description: "no record came back through the broker") }
            if number >= warmUp { samples.append((ContinuousClock.now - start).seconds * 1000) }
        }
        try await echoing.value
        return samples
    }
}
