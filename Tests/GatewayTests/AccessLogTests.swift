import Concurrency
import Foundation
import JSON
import Observability
import Testing

@testable import Gateway

@Suite struct AccessLogTests {
    private let lines = Locked<[String]>([])

    private func log(sample: Double) -> AccessLog {
        AccessLog(
            Logger(label: "gateway", sink: { [lines] line in lines.withLock { $0.append(line) } }), sample: sample)
    }

    @Test(arguments: [(0.0, 0...0), (0.1, 120...280), (1.0, 2000...2000)])
    func aPartOfWhatWentWellIsTold(sample: Double, expected: ClosedRange<Int>) {
        let log = log(sample: sample)
        let asked = Locked(0)
        for _ in 0..<2000 {
            let traceparent = TraceParent.from(nil)
            // All of a trace, or nothing.
            for _ in 0..<2 {
                log.write(
                    "webhook", result: "accepted", isError: false, traceparent: traceparent, latency: .milliseconds(3),
                    {
                        asked.withLock { $0 += 1 }
                        return ["bot_id": "bot_42"]
                    }())
            }
        }
        let told = lines.withLock { $0 }
        #expect(expected.contains(told.count / 2), "\(told.count)")
        #expect(asked.withLock { $0 } == told.count)
        #expect(told.count.isMultiple(of: 2))
    }

    @Test func aLineIsAnObjectWithWhatIsKnown() throws {
        log(sample: 1).write(
            "webhook", result: "accepted", isError: false,
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", latency: .microseconds(1234),
            ["bot_id": "bot_42", "telegram_user_id": 9])
        let line = try #require(lines.withLock { $0.first })
        let object = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
        #expect(object["level"] == "info")
        #expect(object["message"] == "request")
        #expect(object["route"] == "webhook")
        #expect(object["result"] == "accepted")
        #expect(object["trace_id"] == "0af7651916cd43dd8448eb211c80319c")
        #expect(object["telegram_user_id"] == 9)
        #expect(line.contains(#""latency_ms":1.234"#))
    }

    @Test func whatFailsIsToldWithinReason() throws {
        var budget = LineBudget()
        let start = ContinuousClock.now
        let taken = (0..<1000).filter { _ in budget.take(now: start) != nil }
        #expect(taken.count == LineBudget.perSecond)
        #expect(budget.take(now: start + .seconds(1)) == 900)
        #expect(budget.take(now: start + .seconds(1)) == 0)
        log(sample: 0).write("webhook", result: "unavailable", isError: true, traceparent: nil, latency: .zero, [:])
        #expect(lines.withLock { $0.count } == 1)
        #expect(lines.withLock { $0.first }?.contains(#""level":"warning""#) == true)
    }
}
