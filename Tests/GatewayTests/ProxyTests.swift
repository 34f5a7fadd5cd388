import Concurrency
import KubernetesTypes
import PlatformAPI
import TelegramBotAPI
import Testing

@testable import Gateway

@Suite struct ProxyAccessTests {
    private static let token = "5:" + String(repeating: "r", count: 35)
    private static let alias = "5:" + String(repeating: "a", count: 35)

    private func directory(alias: String?) -> BindingDirectory {
        let directory = BindingDirectory()
        directory.upsert(
            ObjectKey(namespace: "tgs", name: "binding-bot-5"),
            Binding(
                botID: BotID(number: 5), owner: "a/b", token: Self.token, webhookSecrets: ["s"], aliasToken: alias))
        return directory
    }

    @Test func tokenAndAliasAreGood() throws {
        for token in [Self.token, Self.alias] {
            guard case .allowed(let binding) = ProxyAccess.of(token, directory(alias: Self.alias)) else {
                Issue.record("refused")
                continue
            }
            #expect(binding.token == Self.token)
        }
        #expect(ProxyAccess.of(Self.alias, directory(alias: nil)) == .unknown)
    }

    @Test(arguments: [
        ("5:" + String(repeating: "x", count: 35), ProxyAccess.unknown),
        ("6:" + String(repeating: "r", count: 35), .unknown),
        (token + "r", .unknown), ("5:", .malformed), ("5", .malformed), ("", .malformed), ("a:b", .malformed),
        ("05:" + String(repeating: "r", count: 35), .malformed), (token + "/x", .malformed),
    ])
    func othersAreNot(token: String, access: ProxyAccess) {
        #expect(ProxyAccess.of(token, directory(alias: Self.alias)) == access)
    }
}

@Suite struct ProxyTurnsTests {
    private let bot = BotID(number: 5)

    private func message(_ chat: String) -> LimitedCall { LimitedCall(method: "sendMessage", chat: chat) }

    @Test func callsWaitForTheirTurnAsTheyCame() async {
        var limits = SendLimits()
        limits.chatInterval = .milliseconds(40)
        limits.chatBurst = 1
        let limiter = BotLimiter(limits: limits)
        let turns = ProxyTurns(limit: .seconds(30))
        let order = Locked<[Int]>([])
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<5 {
                group.addTask {
                    #expect(await turns.turn(for: message("7"), of: bot, limiter) == .now)
                    order.withLock { $0.append(number) }
                }
                // So that they come in this order.
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
        #expect(order.withLock { $0 } == [0, 1, 2, 3, 4])
        // Another chat need not wait.
        #expect(await turns.turn(for: message("8"), of: bot, limiter) == .now)
    }

    @Test func whatWouldWaitTooLongIsToldWhenToCome() async {
        let limiter = BotLimiter()
        let turns = ProxyTurns(limit: .milliseconds(1))
        for _ in 0..<3 { #expect(await turns.turn(for: message("7"), of: bot, limiter) == .now) }
        #expect(await turns.turn(for: message("7"), of: bot, limiter) == .later(2))
        let now = ContinuousClock.now
        limiter.refused(LimitedCall(kind: .uncounted, chat: nil), until: now + .seconds(60), now: now)
        guard case .later(let seconds) = await turns.turn(for: message("9"), of: bot, limiter) else {
            Issue.record("let through in the bot's pause")
            return
        }
        #expect((50...60).contains(seconds))
    }

    @Test func whoGoesLeavesItsPlace() async {
        let limiter = BotLimiter()
        let now = ContinuousClock.now
        let call = message("7")
        limiter.refused(call, until: now + .seconds(3600), now: now)
        let turns = ProxyTurns(limit: .seconds(7200))
        let waiting = (0..<3).map { _ in Task { await turns.turn(for: call, of: bot, limiter) } }
        try? await Task.sleep(for: .milliseconds(50))
        for call in waiting { call.cancel() }
        for call in waiting { #expect(await call.value != .now) }
        limiter.reset()
        #expect(await turns.turn(for: call, of: bot, limiter) == .now)
    }

    @Test func answersAndCallsCountTogether() {
        let limits = BotLimits()
        var lane = OutgoingLane(callsAtOnce: 8, limiter: limits.limiter(outgoingTopic: "bot_5_outgoing"))
        let now = ContinuousClock.now
        for offset in Int64(0)..<3 { lane.add(item(offset, chat: 7)) }
        let limiter = limits.limiter(outgoingTopic: "bot_5_outgoing")
        for _ in 0..<2 { #expect(limiter.take(message("7"), now: now) == nil) }
        let first = lane.start(now: now).items
        #expect(first.count == 1)
        lane.finish(first[0])
        let (items, wakeAt) = lane.start(now: now)
        #expect(items.isEmpty && wakeAt == now + .milliseconds(1050))
        // What the one is told holds for the other.
        limiter.refused(message("7"), until: now + .seconds(9), now: now)
        #expect(lane.start(now: now).wakeAt == now + .seconds(9))
        limits.keep { _ in false }
        #expect(limits.limiter(outgoingTopic: "bot_5_outgoing").take(message("7"), now: now) == nil)
    }

    @Test func callsAreCounted() {
        let counts = CallCounts(limit: 2)
        #expect(counts.enter(bot) && counts.enter(bot) && !counts.enter(bot))
        counts.leave(bot)
        #expect(counts.enter(bot) && counts.enter(BotID(number: 6)))
    }
}
