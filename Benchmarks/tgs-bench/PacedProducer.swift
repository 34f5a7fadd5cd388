import Concurrency
import Foundation
import KafkaClient
import Observability

/// Produces records at a fixed rate from a thread of its own, each timed from when it was due to the broker's
/// acknowledgement: what `acks=all` costs at that rate without a gateway.
struct PacedProducer: Sendable {
    let brokers: String
    let topic: String
    /// Records a second.
    let rate: Double
    let lingerMilliseconds: Int

    /// Milliseconds, one for each record.
    func run(seconds: Int) async throws -> Samples {
        let producer = try KafkaProducer(
            KafkaConfiguration(bootstrapServers: brokers, clientID: "bench"),
            settings: ProducerSettings(lingerMilliseconds: lingerMilliseconds), logger: .silent)
        // The first record waits for connections and metadata.
        for lane in 0..<64 { _ = try await producer.send(record(lane)) }
        let total = max(1, Int(rate * Double(seconds)))
        let latencies = Locked<[Double]>([])
        let failures = Locked(0)
        let start = PacedLoad.now + 50_000_000
        let interval = 1e9 / rate
        Thread {
            for number in 0..<total {
                let due = start + UInt64(Double(number) * interval)
                PacedLoad.sleep(until: due)
                producer.send(record(number)) { result in
                    switch result {
                    case .success:
                        let latency = Double(PacedLoad.now - due) / 1e6
                        latencies.withLock { $0.append(latency) }
                    case .failure: failures.withLock { $0 += 1 }
                    }
                }
            }
        }.start()
        try await eventually("the producer is done", within: .seconds(seconds + 60), every: .milliseconds(20)) {
            latencies.withLock { $0.count } + failures.withLock { $0 } == total
        }
        await producer.close()
        let failed = failures.withLock { $0 }
        guard failed == 0 else { throw NotInTime(description: "\(failed) of \(total) records were not acknowledged") }
        return Samples(latencies.withLock { $0 })
    }

    /// As large as a webhook's.
    private func record(_ number: Int) -> KafkaRecord {
        KafkaRecord(
            topic: topic, key: Array("\(5_000_000_000 + number % 1000)".utf8),
            value: [UInt8](repeating: UInt8(ascii: "x"), count: 536),
            headers: [
                ("update-id", Array("\(300_000_000 + number)".utf8)), ("received-at", Array("1700000000000".utf8)),
                ("traceparent", Array("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".utf8)),
            ])
    }
}
