import Concurrency
import FoundationEssentials
import KafkaClient
import Observability
import PlatformAPI
import Testing

@testable import Gateway

@Suite struct DeadLetterWriterTests {
    private let letter = DeadLetter(
        direction: "outgoing", botID: BotID(number: 42), reason: "forbidden", description: "blocked", attempts: 1,
        failedAt: "2026-01-01T00:00:00Z", record: Data([1, 2, 3]))

    @Test func aRecordThatDoesNotFitIsNamedInstead() async throws {
        let produced = Locked<[KafkaRecord]>([])
        let writer = DeadLetterWriter(metrics: GatewayMetrics(MetricsRegistry()), logger: .silent) { record in
            let isFirst = produced.withLock { records in
                records.append(record)
                return records.count == 1
            }
            if isFirst { throw KafkaError(.recordTooLarge, "too large") }
        }
        #expect(await writer.write(letter, for: item("x", offset: 77), to: "letters"))
        let records = produced.withLock { $0 }
        #expect(records.count == 2)
        #expect((records[0].value?.count ?? 0) > 0)
        let text = String(decoding: records[1].value ?? [], as: UTF8.self)
        #expect(text.contains(#""record":"""#))
        #expect(records[1].headers.map(\.0) == ["source-topic", "source-partition", "source-offset"])
        #expect(records[1].headers[2].1 == Array("77".utf8))
    }

    @Test func aBrokerThatIsAwayIsSaid() async {
        let metrics = GatewayMetrics(MetricsRegistry())
        let writer = DeadLetterWriter(metrics: metrics, logger: .silent) { _ in throw KafkaError(.timedOut, "away") }
        #expect(await writer.write(letter, for: item("x"), to: "letters") == false)
        #expect(metrics.outgoing.value(["dead_letter"]) == 0)
    }
}
