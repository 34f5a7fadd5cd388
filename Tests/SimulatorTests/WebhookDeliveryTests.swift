@testable import Simulator
import JSON
import TelegramBotAPI
import Testing

/// The delivery rules of the official server, on a clock of the test's own.
@Suite struct WebhookDeliveryTests {
    @Test func whatWaitedGoesOutWhenTheWebhookIsSet() throws {
        let rig = try WorldRig()
        try rig.write("second", from: 11)
        #expect(rig.deliveries().isEmpty)
        _ = rig.setWebhook(["secret_token": "s3cret"])
        let first = rig.deliveries()
        #expect(first.map(\.messageText) == ["/start"])
        #expect(first.first?.webhook.secretToken == "s3cret")
        rig.finish(first[0])
        #expect(rig.deliveries().map(\.messageText) == ["second"])
    }

    @Test func updateNumbersAreSequential() throws {
        let rig = try WorldRig()
        _ = rig.setWebhook()
        var numbers: [Int64] = []
        for round in 0..<5 {
            if round > 0 { try rig.write("\(round)", from: 11) }
            let attempt = try #require(rig.deliveries().first)
            #expect(attempt.json["update_id"]?.intValue == attempt.updateID)
            numbers.append(attempt.updateID)
            rig.finish(attempt)
        }
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 })
    }

    @Test func oneInFlightPerChatManyChatsAtOnce() throws {
        let rig = try WorldRig()
        rig.drain()
        _ = rig.setWebhook(["max_connections": 3])
        for user in Int64(1)...5 {
            try rig.write("a\(user)", from: user)
            try rig.write("b\(user)", from: user)
        }
        let first = rig.deliveries()
        #expect(first.map(\.messageText) == ["a1", "a2", "a3"])
        rig.finish(first[1])
        // The chat that became free waits behind those that had no turn yet.
        #expect(rig.deliveries().map(\.messageText) == ["a4"])
        rig.finish(first[0])
        #expect(rig.deliveries().map(\.messageText) == ["a5"])
        rig.finish(first[2])
        #expect(rig.deliveries().map(\.messageText) == ["b2"])
    }

    @Test func callbacksDoNotWaitForTheChatsMessages() throws {
        let rig = try WorldRig()
        _ = rig.setWebhook()
        let message = rig.deliveries()
        #expect(message.count == 1)
        _ = try rig.world.press(CallbackSpec(bot: rig.bot.id, user: 11, data: "x"), rig.now, &rig.actions)
        #expect(rig.deliveries().map { $0.json["callback_query"]?["data"]?.stringValue } == ["x"])
    }

    @Test func retriesAtOnceThenDoubling() throws {
        let rig = try WorldRig()
        _ = rig.setWebhook()
        // Other chats succeed all the time, so that the bot is not held for unreachable.
        let healthy = try healthyNeighbour(rig)
        var attempt = try #require(rig.deliveries().first)
        rig.finish(attempt, .refused)
        attempt = try #require(rig.deliveries().first, "the first retry comes at once")
        for delay in [2, 4, 8, 16, 32] {
            rig.finish(attempt, .refused)
            #expect(rig.deliveries().isEmpty)
            try healthy(rig)
            rig.advance(.seconds(delay) - .milliseconds(10))
            #expect(rig.deliveries().isEmpty, "before \(delay) s")
            rig.advance(.milliseconds(20))
            attempt = try #require(rig.deliveries().first, "after \(delay) s")
            #expect(attempt.messageText == "/start")
            try healthy(rig)
        }
        // From here on between 60 and 120 s.
        for _ in 0..<4 {
            rig.finish(attempt, .refused)
            try healthy(rig)
            rig.advance(.seconds(59))
            #expect(rig.deliveries().isEmpty)
            rig.advance(.seconds(62))
            attempt = try #require(rig.deliveries().first)
            try healthy(rig)
        }
        rig.finish(attempt)
        #expect(rig.world.bots[rig.bot.id]?.engine.pendingCount == 0)
    }

    private func healthyNeighbour(_ rig: WorldRig) throws -> (WorldRig) throws -> Void {
        { rig in
            try rig.write("ping", from: 99)
            for attempt in rig.deliveries() where attempt.messageText == "ping" { rig.finish(attempt) }
        }
    }

    @Test func retryAfterIsHonouredUpToAnHour() throws {
        for (asked, waited) in [(7, 7), (100_000, 3600)] {
            let rig = try WorldRig()
            _ = rig.setWebhook()
            let attempt = try #require(rig.deliveries().first)
            rig.finish(attempt, .failed(message: "Wrong response", status: 503, retryAfter: asked))
            #expect(rig.deliveries().isEmpty)
            rig.advance(.seconds(waited - 1))
            #expect(rig.deliveries().isEmpty)
            rig.advance(.seconds(2))
            #expect(rig.deliveries().count == 1)
        }
    }

    @Test func laterUpdatesOfAChatWaitForTheFirst() throws {
        let rig = try WorldRig()
        _ = rig.setWebhook()
        try rig.write("second", from: 11)
        let first = try #require(rig.deliveries().first)
        rig.finish(first, .failed(message: "", status: 503, retryAfter: 5))
        rig.advance(.seconds(4))
        #expect(rig.deliveries().isEmpty)
        rig.advance(.seconds(2))
        #expect(rig.deliveries().map(\.messageText) == ["/start"])
    }

    @Test func withoutSuccessForTenSecondsASingleConnection() throws {
        let rig = try WorldRig()
        rig.drain()
        _ = rig.setWebhook()
        for user in Int64(1)...10 { try rig.write("m\(user)", from: user) }
        let all = rig.deliveries()
        #expect(all.count == 10)
        rig.advance(.seconds(11))
        for attempt in all {
            rig.finish(attempt, .failed(message: "Read timeout expired", status: nil, retryAfter: nil))
        }
        var single = rig.deliveries()
        #expect(single.count == 1)
        rig.finish(single[0], .refused)
        #expect(rig.deliveries().isEmpty)
        rig.advance(.milliseconds(1900))
        #expect(rig.deliveries().isEmpty)
        rig.advance(.milliseconds(200))
        single = rig.deliveries()
        #expect(single.count == 1, "a try each 2 s")
        rig.finish(single[0])
        #expect(rig.deliveries().count >= 8, "a success ends it")
    }

    @Test func afterAnIdleTimeAllConnectionsAreThere() throws {
        let rig = try WorldRig()
        rig.drain()
        _ = rig.setWebhook()
        rig.advance(.seconds(3600))
        for user in Int64(1)...10 { try rig.write("m\(user)", from: user) }
        #expect(rig.deliveries().count == 10)
    }

    @Test func goneForADayRemovesTheWebhook() throws {
        let rig = try WorldRig()
        _ = rig.setWebhook()
        let gone = DeliveryOutcome.failed(
            message: "Wrong response from the webhook: 410 Gone", status: 410, retryAfter: 3600)
        for _ in 0..<23 {
            let attempt = try #require(rig.deliveries().first)
            rig.finish(attempt, gone)
            rig.advance(.seconds(3590))
            rig.advance(.seconds(20))
            // The message would expire before: a new one takes its place.
            try rig.write("still here", from: 11)
        }
        #expect(rig.world.bots[rig.bot.id]?.engine.webhook != nil)
        let attempt = try #require(rig.deliveries().first)
        rig.finish(attempt, gone)
        #expect(rig.world.bots[rig.bot.id]?.engine.webhook == nil)
        #expect(rig.call("getWebhookInfo")?.result["url"]?.stringValue == "")
    }

    @Test func anotherAnswerThanGoneStartsTheCountAgain() throws {
        let rig = try WorldRig()
        _ = rig.setWebhook()
        for status in [410, 500, 410] {
            let attempt = try #require(rig.deliveries().first)
            rig.finish(attempt, .failed(message: "", status: status, retryAfter: 3600))
            for _ in 0..<20 {
                rig.advance(.seconds(3600))
                try rig.write("x", from: 11)
                for attempt in rig.deliveries() {
                    rig.finish(attempt, .failed(message: "", status: status, retryAfter: 3600))
                }
            }
            rig.advance(.seconds(3601))
        }
        #expect(rig.world.bots[rig.bot.id]?.engine.webhook != nil)
    }

    @Test(arguments: [("inline", 30), ("callback", 150), ("message", 24 * 3600)])
    func updatesExpire(_ kind: String, _ seconds: Int) throws {
        let rig = try WorldRig()
        rig.drain()
        switch kind {
        case "inline":
            let text = #"{"update_id":1,"inline_query":{"id":"7","from":{"id":11},"query":"","offset":""}}"#
            _ = try rig.world.inject(Array(text.utf8), bot: rig.bot.id, keepsID: false, rig.now, &rig.actions)
        case "callback":
            _ = try rig.world.press(CallbackSpec(bot: rig.bot.id, user: 11, data: "x"), rig.now, &rig.actions)
        default: try rig.write("x", from: 11)
        }
        rig.advance(.seconds(seconds - 1))
        #expect(rig.world.bots[rig.bot.id]?.engine.pendingCount == 1)
        rig.advance(.seconds(2))
        #expect(rig.call("getUpdates")?.result == [])
        #expect(rig.world.bots[rig.bot.id]?.engine.counters.expired == 1)
    }

    @Test func theQueueIsBoundedAndDropsSilently() throws {
        var settings = WorldSettings(allowInsecureWebhooks: true)
        settings.limits.updates = 10
        let rig = try WorldRig(settings)
        for number in 0..<20 { try rig.write("\(number)", from: 11) }
        let state = try rig.world.state(of: rig.bot.id)
        #expect(state.pending == 10)
        #expect(state.updates.dropped == 11)
        settings.limits = .init(updates: 1000, bytes: 1000)
        let small = try WorldRig(settings)
        for number in 0..<20 { try small.write("\(number)", from: 11) }
        let bytes = try small.world.state(of: small.bot.id).pendingBytes
        #expect(bytes <= 1000 && bytes > 500)
    }

    @Test func resultsOfAnEarlierWebhookAreNotBelieved() throws {
        let rig = try WorldRig()
        _ = rig.setWebhook()
        let old = try #require(rig.deliveries().first)
        #expect(rig.setWebhook(["url": "http://127.0.0.1:10/other"])?.text == "Webhook was set")
        let new = try #require(rig.deliveries().first)
        #expect(new.updateID == old.updateID && new.webhook.url.hasSuffix("/other"))
        rig.finish(old)
        #expect(rig.world.bots[rig.bot.id]?.engine.pendingCount == 1)
        rig.finish(new)
        #expect(rig.world.bots[rig.bot.id]?.engine.pendingCount == 0)
    }

    @Test func aStuckChatDoesNotGrowTheBooks() throws {
        var engine = DeliveryEngine(botID: 1, firstUpdateID: 1, random: SeededRandom(seed: 1))
        let hook = Webhook(url: "", secretToken: "", maxConnections: 2, ipAddress: nil, hasCustomCertificate: false)
        engine.setWebhook(hook, dropPending: false, now: .zero)
        let now = Moment(elapsed: .zero, unixMicroseconds: 0)
        _ = engine.enqueue(.message, chatID: 1, userID: 1, now: .zero) { _ in [1] }
        #expect(engine.attempts(now: now).count == 1)
        for number in 0..<50_000 {
            _ = engine.enqueue(.message, chatID: Int64(number + 2), userID: 1, now: .zero) { _ in [1] }
            for attempt in engine.attempts(now: now) { engine.finish(attempt, .acknowledged, now: now) }
        }
        #expect(engine.pendingCount == 1 && engine.counters.delivered == 50_000)
        #expect(engine.bookkeepingCount < 20_000)
    }

    @Test func theNextWakeupIsKnown() throws {
        let rig = try WorldRig()
        #expect(rig.world.nextWakeup == nil)
        _ = rig.setWebhook()
        let attempt = try #require(rig.deliveries().first)
        rig.finish(attempt, .failed(message: "", status: 503, retryAfter: 30))
        #expect(rig.world.nextWakeup == rig.now.elapsed + .seconds(30))
    }
}
