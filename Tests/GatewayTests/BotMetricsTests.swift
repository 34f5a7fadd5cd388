import Observability
import PlatformAPI
import Testing

@testable import Gateway

@Suite struct BotMetricsTests {
    private let start = ContinuousClock.now

    private func bot(_ number: Int) -> BotID { BotID(number: Int64(number)) }

    @Test func aBotKeepsItsSeatWhileItIsAtWork() {
        var seats = BotSeats(maximum: 2)
        #expect(seats.label(of: bot(1), now: start).label == "bot_1")
        #expect(seats.label(of: bot(2), now: start).label == "bot_2")
        for minute in 1...90 {
            let now = start + .seconds(60 * minute)
            #expect(seats.label(of: bot(1), now: now).label == "bot_1")
            // The second one has been silent for an hour by then.
            let (label, freed) = seats.label(of: bot(3), now: now)
            #expect(label == (minute < 60 ? "other" : "bot_3"))
            #expect(freed == (minute == 60 ? ["bot_2"] : []))
        }
        #expect(seats.label(of: bot(2), now: start + .seconds(5400)).label == "other")
        #expect(seats.keep { $0 != bot(1) } == ["bot_1"])
        #expect(seats.count == 1)
        #expect(seats.label(of: bot(2), now: start + .seconds(5400)).label == "bot_2")
    }

    @Test func tenThousandBotsMakeNoMoreSeriesThanAskedFor() {
        let registry = MetricsRegistry()
        let metrics = BotMetrics(registry, maximum: 1000)
        for number in 1...10_000 {
            metrics.tookUpdate(of: bot(1_000_000_000 + number))
            metrics.finished(.delivered, of: bot(1_000_000_000 + number), after: .milliseconds(300))
            metrics.finished(.deadLetter, of: bot(1_000_000_000 + number), after: nil)
        }
        #expect(metrics.updates.seriesCount == 1001)
        #expect(metrics.answers.seriesCount == 2002)
        #expect(metrics.updates.value(["other"]) == 9000)
        let text = registry.render()
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        print("1,000 bots: \(lines.count) lines, \(text.utf8.count) bytes")
        #expect(lines.count == 1001 * 11)
        #expect(text.utf8.count < 1_000_000)
    }

    @Test func aBotThatIsGoneLeavesNothing() {
        let registry = MetricsRegistry()
        let metrics = BotMetrics(registry, maximum: 10)
        for number in 1...2 {
            metrics.tookUpdate(of: bot(number))
            metrics.finished(.delivered, of: bot(number), after: .zero)
        }
        metrics.keep { $0 == bot(2) }
        let text = registry.render()
        #expect(!text.contains("bot_1"))
        #expect(text.contains("tgs_gateway_bot_updates_total{bot_id=\"bot_2\"} 1\n"))
    }
}
