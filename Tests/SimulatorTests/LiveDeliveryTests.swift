import Concurrency
import HTTPServer
import HTTPTypes
import JSON
import Observability
import Simulator
import TelegramBotAPI
import Testing

/// Updates over real sockets: simulator to webhook.
@Suite struct LiveDeliveryTests {
    @Test func aMessageReachesTheWebhookAndTheAnswerTheChat() async throws {
        try await LiveRig.run { rig in
            let target = try WebhookTarget()
            let said = try await rig.client.setWebhook(
                WebhookSettings(
                    url: target.url, secretToken: Sensitive("abc_-9"), maxConnections: 5, allowedUpdates: []),
                token: rig.token)
            #expect(said == "Webhook was set")
            let info = try await rig.client.getWebhookInfo(token: rig.token)
            #expect(info.url == target.url && info.maxConnections == 5 && info.allowedUpdates == nil)

            let receipt = try #require(
                try rig.simulator.write(MessageSpec(bot: rig.bot.id, user: 77, text: "Hello")).first)
            let delivery = try #require(try await target.wait(for: 1).first)
            #expect(delivery.text == "Hello")
            #expect(delivery.secret == "abc_-9")
            #expect(delivery.contentType == "application/json")
            #expect(delivery.id == receipt.updateID)

            let sent = try await rig.client.sendMessage(chat: .int(delivery.chat), text: "Hi!", token: rig.token)
            let calls = await rig.simulator.calls(RecordFilter(bot: rig.bot.id), count: 1, within: .seconds(20))
            #expect(calls.map(\.text) == ["Hi!"])
            #expect(calls.first?.messageID == sent.messageID)
            #expect(try await rig.client.deleteWebhook(token: rig.token) == "Webhook was deleted")
            try await target.stop()
        }
    }

    @Test func failuresAreRetriedInOrderAndShown() async throws {
        try await LiveRig.run { rig in
            let target = try WebhookTarget { number, _ in number < 3 ? .text("no", .internalServerError) : .text("") }
            try await rig.client.setWebhook(WebhookSettings(url: target.url), token: rig.token)
            for number in 0..<3 { try rig.simulator.write(MessageSpec(bot: rig.bot.id, user: 77, text: "\(number)")) }
            let deliveries = try await target.wait(for: 6)
            #expect(deliveries.map(\.text) == ["0", "0", "0", "0", "1", "2"])
            let info = try await rig.client.getWebhookInfo(token: rig.token)
            #expect(info.lastErrorMessage == "Wrong response from the webhook: 500 Internal Server Error")
            try await eventually("nothing waits") { try rig.simulator.state(of: rig.bot.id).pending == 0 }
            try await target.stop()
        }
    }

    @Test func aTargetThatIsNotThereComesBack() async throws {
        try await LiveRig.run { rig in
            let gone = try WebhookTarget()
            let url = gone.url
            try await gone.stop()
            try await rig.client.setWebhook(WebhookSettings(url: url), token: rig.token)
            try rig.simulator.write(MessageSpec(bot: rig.bot.id, user: 77, text: "anyone?"))
            try await eventually("the refusal is shown") {
                try await rig.client.getWebhookInfo(token: rig.token).lastErrorMessage == "Connection refused"
            }
            let target = try WebhookTarget()
            try await Task.sleep(for: .milliseconds(30))
            try await rig.client.setWebhook(WebhookSettings(url: target.url), token: rig.token)
            #expect(try await target.wait(for: 1).map(\.text) == ["anyone?"])
            try await target.stop()
        }
    }

    @Test func aHungTargetTimesOut() async throws {
        try await LiveRig.run(timeScale: 0.001, { $0.shortestDeliveryTimeout = .milliseconds(200) }) { rig in
            let target = try WebhookTarget { number, _ in
                if number == 0 { _ = await sleepUnlessCancelled(for: .seconds(20)) }
                return .text("")
            }
            try await rig.client.setWebhook(WebhookSettings(url: target.url), token: rig.token)
            try rig.simulator.write(MessageSpec(bot: rig.bot.id, user: 77, text: "slow"))
            #expect(try await target.wait(for: 2).map(\.text) == ["slow", "slow"])
            #expect(try rig.simulator.state(of: rig.bot.id).webhook?.lastErrorMessage == "Read timeout expired")
        }
    }

    @Test func anAnswerWithAMethodIsCarriedOut() async throws {
        try await LiveRig.run { rig in
            let target = try WebhookTarget { number, delivery in
                if number == 0 {
                    return .json(
                        Array(#"{"method":"sendMessage","chat_id":\#(delivery.chat),"text":"by answer"}"#.utf8))
                }
                return HTTPServerResponse(
                    .ok, headers: ["Content-Type": "application/x-www-form-urlencoded"],
                    body: Array("method=sendMessage&chat_id=\(delivery.chat)&text=by+form".utf8))
            }
            try await rig.client.setWebhook(WebhookSettings(url: target.url), token: rig.token)
            for _ in 0..<2 { try rig.simulator.write(MessageSpec(bot: rig.bot.id, user: 77, text: "x")) }
            let calls = await rig.simulator.calls(RecordFilter(method: "sendMessage"), count: 2, within: .seconds(20))
            #expect(calls.map(\.text) == ["by answer", "by form"])
            #expect(calls.map(\.viaWebhook) == [true, true])
            try await target.stop()
        }
    }

    @Test func manyChatsKeepTheirOrderAndNeverOverlap() async throws {
        try await LiveRig.run { rig in
            let target = try WebhookTarget { number, _ in
                if number % 7 == 0 { try? await Task.sleep(for: .milliseconds(2)) }
                return number % 50 == 49 ? .text("", .badGateway) : .text("")
            }
            try await rig.client.setWebhook(WebhookSettings(url: target.url), token: rig.token)
            try rig.simulator.load(LoadSpec(bot: rig.bot.id, users: 40, messages: 2000))
            try await eventually("all are delivered") { try rig.simulator.state(of: rig.bot.id).pending == 0 }
            var last: [Int64: Int64] = [:]
            for delivery in target.deliveries {
                #expect(delivery.id >= last[delivery.chat] ?? 0, "chat \(delivery.chat) is out of order")
                last[delivery.chat] = delivery.id
            }
            #expect(Set(target.deliveries.map(\.id)).count == 2000)
            #expect(target.overlaps == 0)
            try await target.stop()
        }
    }

    @Test func injectedUpdatesArriveAsTheyAre() async throws {
        try await LiveRig.run { rig in
            let bodies = Locked<[[UInt8]]>([])
            let server = HTTPServer(name: "raw", logger: .silent) { request in
                bodies.withLock { $0.append(request.body) }
                return .text("")
            }
            try server.start()
            let running = Task { try await server.run() }
            try await rig.client.setWebhook(
                WebhookSettings(url: "http://127.0.0.1:\(server.port)/"), token: rig.token)
            let text = "{ \"message\" : {\"chat\":{\"id\":5},\"text\":\"\\u00e9 \\/ 1.50\"},\n\"update_id\":  1 }"
            let receipt = try rig.simulator.inject(Array(text.utf8), bot: rig.bot.id)
            let kept = try rig.simulator.inject(Array(text.utf8), bot: rig.bot.id, keepsID: true)
            #expect(kept.updateID == 1)
            try await eventually("both came") { bodies.withLock { $0.count } == 2 }
            let expected = text.replacing("  1 }", with: "  \(receipt.updateID ?? 0) }")
            #expect(bodies.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } == [expected, text])
            await server.shutdown()
            try await running.value
        }
    }

    @Test func pollingOverSockets() async throws {
        try await LiveRig.run { rig in
            async let updates = rig.client.getUpdates(offset: nil, wait: .seconds(50), token: rig.token)
            try await eventually("it polls") { try rig.simulator.state(of: rig.bot.id).isPolling }
            try rig.simulator.write(MessageSpec(bot: rig.bot.id, user: 77, text: "polled"))
            let first = try await updates
            #expect(first.map(\.fields.kind) == [.message])
            #expect(first.map(\.fields.chatID) == [77])
            let next = (first.last?.fields.updateID ?? 0) + 1
            #expect(try await rig.client.getUpdates(offset: next, wait: .zero, token: rig.token).isEmpty)
            #expect(try rig.simulator.state(of: rig.bot.id).updates.confirmed == 1)
        }
    }

    @Test func stoppingAnswersWhatWaits() async throws {
        try await LiveRig.run(timeScale: 1) { rig in
            let poll = Task { try await rig.client.getUpdates(offset: nil, wait: .seconds(50), token: rig.token) }
            try await eventually("it polls") { try rig.simulator.state(of: rig.bot.id).isPolling }
            let start = ContinuousClock.now
            await rig.simulator.shutdown()
            #expect(ContinuousClock.now - start < .seconds(20))
            await #expect(throws: TelegramError.self) { try await poll.value }
        }
    }
}
