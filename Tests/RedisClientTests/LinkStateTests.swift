import Testing

@testable import RedisClient

@Suite struct LinkStateTests {
    private let start = ContinuousClock.now

    private func link() -> LinkState {
        var settings = RedisSettings()
        settings.connectTimeout = .seconds(1)
        settings.shortestPause = .milliseconds(100)
        settings.longestPause = .seconds(5)
        return LinkState(settings, now: start)
    }

    @Test func connectsAtOnceAndGivesUpInTime() {
        var link = link()
        #expect(link.due(at: start) == .connect)
        link.connecting(at: start)
        #expect(link.next == start + .seconds(1))
        #expect(link.due(at: start + .milliseconds(999)) == nil)
        #expect(link.due(at: start + .seconds(1)) == .giveUp)
        link.greeting(at: start + .milliseconds(500))
        #expect(link.due(at: start + .seconds(1)) == nil)
        #expect(link.due(at: start + .milliseconds(1500)) == .giveUp)
        #expect(!link.isReady)
    }

    @Test func theFirstConnectionIsNoReturn() {
        var link = link()
        link.connecting(at: start)
        link.greeting(at: start)
        let away = link.ready(at: start)
        #expect(away == nil)
        #expect(link.isReady)
        #expect(link.next == nil)
        #expect(link.due(at: start + .seconds(3600)) == nil)
    }

    @Test func anOutageIsToldOnceAndSoIsItsEnd() {
        var link = link()
        _ = link.ready(at: start)
        let outage = start + .seconds(60)
        let isTold = link.lost(at: outage, random: 0)
        #expect(isTold)
        #expect(link.phase == .away(until: outage + .milliseconds(100)))
        for second in 1...20 {
            link.connecting(at: outage + .seconds(second))
            let isToldAgain = link.lost(at: outage + .seconds(second), random: 0)
            #expect(!isToldAgain)
        }
        let away = link.ready(at: outage + .seconds(30))
        #expect(away == .seconds(30))
        let isNext = link.lost(at: outage + .seconds(40), random: 0)
        #expect(isNext)
    }

    @Test func pausesGrowToTheLongestAndAreDrawnFromTheirUpperHalf() {
        var link = link()
        var pauses: [Duration] = []
        for _ in 0..<9 {
            _ = link.lost(at: start, random: 0)
            if case .away(let until) = link.phase { pauses.append(start.duration(to: until)) }
        }
        #expect(pauses == [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000].map { .milliseconds($0) })
        _ = link.lost(at: start, random: 1)
        #expect(link.phase == .away(until: start + .milliseconds(2500)))
    }

    /// A server that takes every login and then hangs would be connected to without a pause.
    @Test func onlyAConnectionThatHeldLetsPausesBeginAnew() {
        var link = link()
        for _ in 0..<10 { _ = link.lost(at: start, random: 0) }
        _ = link.ready(at: start)
        _ = link.lost(at: start + .seconds(4), random: 0)
        #expect(link.phase == .away(until: start + .seconds(9)))
        _ = link.ready(at: start + .seconds(9))
        _ = link.lost(at: start + .seconds(14), random: 0)
        #expect(link.phase == .away(until: start + .seconds(14) + .milliseconds(100)))
    }
}
