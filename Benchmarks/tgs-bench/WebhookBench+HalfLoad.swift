import Foundation
import PlatformAPI
import TestRig

extension WebhookBench {
    /// Latency at half of what the gateway takes at most, beside the broker's own at the same rate: records that the bench
    /// produces with the gateway's settings and no HTTP.
    func measureHalfLoad(_ url: String, _ secret: String, bot: Int64, rate: Double) async throws {
        guard let port = URLComponents(string: url)?.port.flatMap({ UInt16(exactly: $0) }) else {
            throw NotInTime(description: "\(url) has no port")
        }
        let topic = "half_load"
        try await makeTopic(topic)
        let load = PacedLoad(port: port, secret: secret, bots: bot..<bot + 1, rate: rate)
        let brokers = platform.broker.bootstrapServers
        let producer = PacedProducer(brokers: brokers, topic: topic, rate: rate, lingerMilliseconds: 1)
        let prompt = PacedProducer(brokers: brokers, topic: topic, rate: rate, lingerMilliseconds: 0)
        var runs: [PacedLoad.Run] = []
        var alone: [Samples] = []
        var unlingered: [Samples] = []
        _ = try await load.run(seconds: 1)
        for round in 1...options.rounds {
            report.progress("round \(round): \(Int(rate)) req/s, gateway and producer in turn")
            runs.append(try await load.run(seconds: options.seconds))
            alone.append(try await producer.run(seconds: options.seconds))
            unlingered.append(try await prompt.run(seconds: max(1, options.seconds / 2)))
        }
        for percent in [50.0, 99.0] {
            report.add(
                Figure(
                    .webhook, "gateway at half of its load, p\(Int(percent))",
                    Samples(runs.map { $0.latency.percentile(percent) }).median, "ms",
                    beside: (
                        "the producer alone at that rate, p\(Int(percent))",
                        Samples(alone.map { $0.percentile(percent) }).median
                    )))
        }
        let failed = runs.reduce(0) { $0 + $1.failed }
        let unsent = runs.reduce(0) { $0 + $1.unsent }
        let prompts = [50.0, 99.0].map { percent in
            Report.text(Samples(unlingered.map { $0.percentile(percent) }).median)
        }
        report.note(
            "half load is \(Int(rate)) req/s; \(Int(Samples(runs.map(\.perSecond)).median)) were answered, \(failed) were "
                + "refused or failed, \(unsent) never sent; the producer without its millisecond of linger: p50 \(prompts[0]), "
                + "p99 \(prompts[1]) ms")
    }
}
