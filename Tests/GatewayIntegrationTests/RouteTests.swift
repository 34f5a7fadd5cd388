import Concurrency
import Foundation
import Gateway
import HTTPClient
import HTTPTypes
import JSON
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI
import RedisClient
import Simulator
import TelegramBotAPI
import TestRig
import Testing

extension GatewayIntegrationTests {
    /// A person writes commands, presses a button and writes texts; what a service answers is seen in the chat.
    @Test func aConversationWithAServiceRunsByRoutes() async throws {
        let service = try RouteService { call in
            switch (call.path, call.body["action"]?.stringValue) {
            case ("/start", _):
                return (
                    .ok,
                    #"{"text":"Shop","keyboard":[[{"text":"Buy","action":"buy","target_user_id":7}]],"user_id":17}"#
                )
            case ("/buttons", _): return (.ok, #"{"text":"Bought","edit":true,"notice":"Thanks"}"#)
            case ("/silent", _): return (.noContent, "")
            default:
                let user = call.body["user_id"]?.intValue.map { "\($0)" } ?? "nobody"
                return (.ok, #"{"text":"you are \#(user)"}"#)
            }
        }
        try await RedisServer.with { redis in
            try await GatewayRig.run(bots: 1, { $0.use(redis) }) { rig, gateway, bots in
                let bot = bots[0]
                let botID = BotID(number: bot.id)
                try await eventually("Redis is there") { gateway.redisIsUp }
                rig.bind(
                    bot, to: gateway,
                    routes: [
                        .init(name: "start", match: .init(commands: ["start"]), url: service.url + "/start"),
                        .init(name: "silent", match: .init(commands: ["silent"]), url: service.url + "/silent"),
                        .init(name: "buttons", match: .init(actions: ["buy"]), url: service.url + "/buttons"),
                        .init(name: "talk", match: .init(text: .init()), url: service.url + "/talk"),
                    ])
                try await rig.setWebhook(bot, gateway)
                func write(_ text: String) throws -> Int64 {
                    try #require(try rig.simulator.write(MessageSpec(bot: bot.id, user: 5, text: text)).first?.updateID)
                }

                // A text before the service has named the user.
                _ = try write("hello")
                #expect(await rig.texts(bot, chat: 5, count: 1) == ["you are nobody"])
                let start = try write("/start@\(bot.username) ref")
                #expect(await rig.texts(bot, chat: 5, count: 2).last == "Shop")
                let asked = try #require(service.calls.first { $0.path == "/start" })
                #expect(
                    asked.body == [
                        "telegram_user_id": 5, "command": "start", "arguments": "ref",
                        "request_id": .string("\(botID)-\(start)"),
                    ])
                #expect(asked.headers["X-Request-ID"] == "\(botID)-\(start)")
                #expect(asked.headers["X-Bot-ID"] == "\(botID)" && asked.headers["X-Route"] == "start")
                #expect(asked.headers["X-Telegram-User-ID"] == "5" && asked.headers["X-Telegram-Chat-ID"] == "5")
                #expect(asked.headers["traceparent"]?.isEmpty == false)

                // The button that the answer had.
                let shop = try #require(
                    await rig.simulator.calls(RecordFilter(bot: bot.id, chatID: 5), count: 2, within: .seconds(1)).last)
                let data = shop.parameters["reply_markup"]?["inline_keyboard"]?.arrayValue?.first?.arrayValue?.first?[
                    "callback_data"]?.stringValue
                #expect(data == "buy:7")
                let press = try rig.simulator.press(
                    CallbackSpec(bot: bot.id, user: 5, messageID: shop.messageID, data: data ?? ""))
                let pressID = try #require(press.updateID)
                let edits = await rig.simulator.calls(
                    RecordFilter(bot: bot.id, method: "editMessageText"), count: 1, within: .seconds(40))
                #expect(edits.first?.text == "Bought" && edits.first?.messageID == shop.messageID)
                let notices = await rig.simulator.calls(
                    RecordFilter(bot: bot.id, method: "answerCallbackQuery"), count: 1, within: .seconds(40))
                #expect(notices.first?.text == "Thanks")
                let pressed = try #require(service.calls.last)
                #expect(
                    pressed.body == [
                        "user_id": 17, "action": "buy", "target_user_id": "7",
                        "request_id": .string("\(botID)-\(pressID)"),
                    ])

                // The session names the user from now on.
                _ = try write("/silent")
                let message = try write("hello again")
                #expect(await rig.texts(bot, chat: 5, count: 5).last == "you are 17")
                #expect(
                    service.calls.last?.body == [
                        "user_id": 17, "telegram_user_id": 5, "message": "hello again",
                        "request_id": .string("\(botID)-\(message)"),
                    ])

                // What no route is for is the worker's, byte for byte, and nothing else is.
                let other = try write("/other")
                let records = try await rig.records([botID.incomingTopic], count: 1)
                #expect(records.map { $0.headers.first { $0.0 == "update-id" }?.1 } == [Array("\(other)".utf8)])
                try await eventually("all are counted") {
                    gateway.routed("answered") == 4 && gateway.routed("silent") == 1
                        && gateway.routed("unmatched") == 1
                }
                #expect(try await rig.deadLetters(bot, count: 0).isEmpty)
            }
        }
        await service.stop()
    }

    /// A service that fails, hangs, and comes back, beside one that is well and a worker.
    @Test func aBrokenServiceCostsItsUsersAnApologyAndNobodyElseAnything() async throws {
        let isWell = Locked(false)
        let isOver = Locked(false)
        let attempts = Locked<[String: Int]>([:])
        let service = try RouteService { call in
            switch call.path {
            case "/flaky":
                // The first try of each request fails.
                let id = call.body["request_id"]?.stringValue ?? ""
                let count = attempts.withLock { attempts in
                    attempts[id, default: 0] += 1
                    return attempts[id] ?? 0
                }
                return count == 1 ? (.internalServerError, "") : (.ok, #"{"text":"at the second try"}"#)
            case "/hangs":
                while !isOver.withLock({ $0 }), await sleepUnlessCancelled(for: .milliseconds(50)) {}
                return (.ok, #"{"text":"too late"}"#)
            default: return (.ok, #"{"text":"well"}"#)
            }
        }
        let broken = try RouteService { _ in
            isWell.withLock { $0 } ? (.ok, #"{"text":"back"}"#) : (.serviceUnavailable, "")
        }
        try await GatewayRig.run(bots: 2, { $0.routedPerBot = 2 }) { rig, gateway, bots in
            for bot in bots {
                rig.bind(
                    bot, to: gateway,
                    routes: [
                        .init(name: "flaky", match: .init(commands: ["flaky"]), url: service.url + "/flaky"),
                        .init(
                            name: "hangs", match: .init(commands: ["hangs"]), url: service.url + "/hangs",
                            timeoutMilliseconds: 4000, apology: "it hangs"),
                        .init(
                            name: "broken", match: .init(commands: ["broken"]), url: broken.url,
                            apology: "sorry"),
                        .init(name: "well", match: .init(commands: ["well"]), url: service.url + "/well"),
                    ])
            }
            @Sendable func post(_ bot: BotInfo, _ update: Int, _ chat: Int, _ text: String) async throws -> HTTPResponse
            {
                let body =
                    #"{"update_id":\#(update),"message":{"message_id":\#(update),"chat":{"id":\#(chat)},"from":{"id":\#(chat)},"text":"\#(text)"}}"#
                return try await rig.post(gateway, "bot_\(bot.id)", Array(body.utf8))
            }
            // The simulator knows a person once they have written.
            for bot in bots {
                for user in Int64(5)...7 { try rig.simulator.write(MessageSpec(bot: bot.id, user: user, text: "hi")) }
            }
            let (one, two) = (bots[0], bots[1])

            // One more try, with the same id.
            #expect(try await post(one, 1, 5, "/flaky").status == .ok)
            #expect(await rig.texts(one, chat: 5, count: 1) == ["at the second try"])
            #expect(attempts.withLock { $0 } == ["bot_\(one.id)-1": 2])

            // Two hang; a third finds no room with its bot and stays with Telegram. Another bot, and the worker, go on.
            async let first = post(one, 2, 5, "/hangs").status
            async let second = post(one, 3, 6, "/hangs").status
            try await eventually("both are with the service") { service.calls.count { $0.path == "/hangs" } >= 2 }
            let third = try await post(one, 4, 7, "/well")
            #expect(third.status == .serviceUnavailable && third.headers["Retry-After"] != nil)
            #expect(try await post(two, 5, 5, "/well").status == .ok)
            #expect(try await post(one, 6, 7, "for the worker").status == .ok)
            let both = try await [first, second]
            #expect(both == [.ok, .ok])
            #expect(await rig.texts(one, chat: 6, count: 1) == ["it hangs"])
            #expect(try await post(one, 4, 7, "/well").status == .ok)
            #expect(await rig.texts(one, chat: 7, count: 1) == ["well"])

            // After five failures one after another nobody asks any more; the apology comes all the same.
            for update in 10..<16 { #expect(try await post(two, update, 6, "/broken").status == .ok) }
            #expect(broken.calls.count == 5)
            #expect(gateway.registry.gauge("tgs_gateway_route_circuits_open", help: "").value() == 1)
            // Another bot has a circuit of its own.
            isWell.withLock { $0 = true }
            #expect(try await post(one, 20, 6, "/broken").status == .ok)
            #expect(await rig.texts(one, chat: 6, count: 2).last == "back")
            // After the pause one asks, and then all do.
            try await Task.sleep(for: .seconds(10))
            for update in 30..<32 { #expect(try await post(two, update, 6, "/broken").status == .ok) }
            #expect(
                await rig.texts(two, chat: 6, count: 8) == Array(repeating: "sorry", count: 6) + ["back", "back"])
            #expect(gateway.registry.gauge("tgs_gateway_route_circuits_open", help: "").value() == 0)
        }
        isOver.withLock { $0 = true }
        await service.stop()
        await broken.stop()
    }

    /// An update is acknowledged when its answer is safe: while the broker is away it stays with Telegram.
    @Test func anAnswerOfAServiceIsNotLostWithTheBroker() async throws {
        let service = try RouteService { _ in (.ok, #"{"text":"here"}"#) }
        try await GatewayRig.run(bots: 1, { $0.deliveryTimeout = .seconds(1) }) { rig, gateway, bots in
            rig.bind(
                bots[0], to: gateway,
                routes: [.init(name: "all", match: .init(text: .init()), url: service.url)])
            try await rig.setWebhook(bots[0], gateway)
            try rig.simulator.write(MessageSpec(bot: bots[0].id, user: 5, text: "one"))
            #expect(await rig.texts(bots[0], chat: 5, count: 1) == ["here"])
            // The test's broker forgets what it acknowledged just before its end.
            try await Task.sleep(for: .seconds(2))
            await rig.broker.stop()
            try rig.simulator.write(MessageSpec(bot: bots[0].id, user: 5, text: "two"))
            try await eventually("the update is refused") { gateway.metrics.webhooks.value(["unavailable"]) > 0 }
            #expect(service.calls.count >= 2)
            try await rig.broker.restart()
            #expect(await rig.texts(bots[0], chat: 5, count: 2).count >= 2)
            let ids = Set(service.calls.compactMap { $0.body["request_id"]?.stringValue })
            #expect(ids.count == 2)
        }
        await service.stop()
    }

    /// Of several gateways none gives more than a user may have, and the user is told once.
    @Test func aUserWhoIsTooFastIsToldOnceAndNotPassedOn() async throws {
        try await RedisServer.with { redis in
            try await GatewayRig.run(bots: 1, { $0.use(redis) }) { rig, gateway, bots in
                let bot = bots[0]
                var settings = rig.settings
                settings.use(redis)
                let other = try RunningGateway(settings, http: rig.http)
                // A window that does not pass while the test runs.
                let limit = BoundRateLimit(requests: 3, windowMilliseconds: 600_000, message: "slow down")
                for gateway in [gateway, other] {
                    rig.bind(bot, to: gateway, limit: limit)
                    try await eventually("Redis is there") { gateway.redisIsUp }
                }
                try rig.simulator.write(MessageSpec(bot: bot.id, user: 5, text: "hi"))
                try rig.simulator.write(MessageSpec(bot: bot.id, user: 6, text: "hi"))
                @Sendable func post(
                    _ gateway: RunningGateway, _ update: Int, _ user: Int, _ what: String
                ) async throws -> HTTPStatus {
                    let body =
                        #"{"update_id":\#(update),"message":{"message_id":\#(update),"chat":{"id":\#(user)},"from":{"id":\#(user)},\#(what)}}"#
                    return try await rig.post(gateway, "bot_\(bot.id)", Array(body.utf8)).status
                }
                // 20 at the same time through both: three get through.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for update in 1...20 {
                        group.addTask {
                            let status = try await post(
                                update % 2 == 0 ? gateway : other, update, 5, #""text":"x""#)
                            #expect(status == .ok)
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(gateway.limited + other.limited == 17)
                #expect(await rig.texts(bot, chat: 5, count: 1) == ["slow down"])
                // Another user, a payment, and what is no message, are passed on.
                #expect(try await post(gateway, 30, 6, #""text":"x""#) == .ok)
                #expect(try await post(gateway, 31, 5, #""successful_payment":{"currency":"XTR"}"#) == .ok)
                let edited =
                    #"{"update_id":32,"edited_message":{"message_id":1,"chat":{"id":5},"from":{"id":5},"text":"y"}}"#
                #expect(try await rig.post(gateway, "bot_\(bot.id)", Array(edited.utf8)).status == .ok)
                #expect(try await rig.records([BotID(number: bot.id).incomingTopic], count: 6).count == 6)

                // Without Redis there is no limit.
                await redis.kill()
                for update in 40..<45 { #expect(try await post(gateway, update, 5, #""text":"x""#) == .ok) }
                #expect(try await rig.records([BotID(number: bot.id).incomingTopic], count: 11).count == 11)
                #expect(
                    gateway.registry.counter("tgs_gateway_rate_limit_failures_total", help: "").value() >= 5)
                // It is back, and empty.
                try await redis.restart()
                try await eventually("Redis is back") { gateway.redisIsUp }
                for update in 50..<55 { #expect(try await post(gateway, update, 5, #""text":"x""#) == .ok) }
                #expect(gateway.limited + other.limited == 19)
                #expect(await rig.texts(bot, chat: 5, count: 2) == ["slow down", "slow down"])
                try await other.stop()
            }
        }
    }
}

extension GatewaySettings {
    /// With Redis, which is waited for as long as a loaded machine needs.
    mutating func use(_ redis: RedisServer) {
        redisURL = try? RedisURL(redis.url)
        redisTimeout = .seconds(10)
    }
}

extension GatewayRig {
    func bind(
        _ bot: BotInfo, to gateway: RunningGateway, routes: [BoundRoute]? = nil, limit: BoundRateLimit? = nil
    ) {
        var binding = binding(bot)
        binding.routes = routes.map { BoundRoutes(username: bot.username, routes: $0) }
        binding.rateLimit = limit
        gateway.gateway.directory.upsert(
            .init(namespace: "tgs", name: BotID(number: bot.id).bindingName), binding)
    }

    /// Has the simulator deliver to the gateway.
    func setWebhook(_ bot: BotInfo, _ gateway: RunningGateway) async throws {
        let telegram = TelegramClient(http: http, baseURL: simulator.apiURL, logger: .silent)
        try await telegram.setWebhook(
            WebhookSettings(
                url: gateway.url + BotID(number: bot.id).webhookPath, secretToken: Sensitive(GatewayRig.secret)),
            token: BotToken(bot.token))
    }
}

extension RunningGateway {
    func routed(_ result: String) -> Double {
        registry.counter("tgs_gateway_routed_updates_total", help: "", labels: ["result"]).value([result])
    }

    /// Updates that were too many of a user.
    var limited: Double { registry.counter("tgs_gateway_rate_limited_updates_total", help: "").value() }
}
