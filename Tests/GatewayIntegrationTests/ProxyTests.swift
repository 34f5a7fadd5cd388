import Concurrency
import Cryptography
import Foundation
import Gateway
import HTTPClient
import HTTPTypes
import JSON
import KafkaClient
import Observability
import PlatformAPI
import Simulator
import TelegramBotAPI
import TestRig
import Testing

extension GatewayIntegrationTests {
    /// The Bot API proxy between bots, broker and simulator.
    @Suite struct Proxy {
        // MARK: Calls

        @Test func callsOfEachFormReachTelegram() async throws {
            try await GatewayRig.run(bots: 1, { $0.proxyPort = 0 }) { rig, gateway, bots in
                let bot = bots[0]
                try rig.simulator.write(MessageSpec(bot: bot.id, user: 5, text: "hi"))
                for token in [bot.token, GatewayRig.alias(bot), bot.token.replacingOccurrences(of: ":", with: "%3A")] {
                    let me = try await rig.call(gateway, token, "getMe")
                    #expect(me.status == .ok)
                    #expect(try me.json["result"]?["id"] == .int(bot.id))
                }
                let form = "application/x-www-form-urlencoded"
                _ = try await rig.call(gateway, bot.token, "sendMessage?chat_id=5&text=query%20%C3%A9", method: .get)
                _ = try await rig.call(gateway, bot.token, "SENDMESSAGE", form, "chat_id=5&text=form+%C3%A9")
                _ = try await rig.call(
                    gateway, bot.token, "sendmessage", "application/json", #"{"chat_id":5,"text":"json \u00e9"}"#)
                let part = "--b\r\nContent-Disposition: form-data; name="
                let parts = "\(part)\"chat_id\"\r\n\r\n5\r\n\(part)\"text\"\r\n\r\nmultipart é\r\n--b--\r\n"
                _ = try await rig.call(
                    gateway, bot.token, "sendMessage", "multipart/form-data; boundary=b", parts)
                #expect(await rig.texts(bot, chat: 5, count: 4) == ["query é", "form é", "json é", "multipart é"])

                // What Telegram says comes back as it is.
                let refused = try await rig.call(gateway, bot.token, "sendMessage", form, "chat_id=77&text=x")
                let straight = try await rig.http.execute(
                    HTTPRequest(
                        .post, "\(rig.simulator.apiURL)/bot\(bot.token)/sendMessage",
                        headers: ["Content-Type": form], body: .bytes(Array("chat_id=77&text=x".utf8))))
                #expect(refused.status == straight.status && refused.body == straight.body)
                #expect(try await rig.call(gateway, "\(bot.id):wrong", "getMe").status == .unauthorized)
                #expect(try await rig.call(gateway, "9:\(bot.token)", "getMe").status == .notFound)
                #expect(try await rig.call(gateway, bot.token, "getMe/x").status == .notFound)
                #expect(try await rig.call(gateway, bot.token, "getMe", method: .put).status == .methodNotAllowed)
                #expect(gateway.metrics.proxyRequests.value(["unauthorized"]) == 1)
                let metrics = gateway.registry.render()
                #expect(!metrics.contains(bot.token) && !metrics.contains("Alias"))
            }
        }

        @Test func whatConcernsTheWebhookIsThePlatforms() async throws {
            try await GatewayRig.run(bots: 1, { $0.proxyPort = 0 }) { rig, gateway, bots in
                let token = bots[0].token
                let set = try await rig.call(
                    gateway, token, "setWebhook", "application/json", #"{"url":"https://a.example.org"}"#)
                #expect(try set.json == ["ok": true, "result": true, "description": "Webhook is already set"])
                let deleted = try await rig.call(gateway, token, "deleteWebhook?drop_pending_updates=true")
                #expect(try deleted.json["description"] == "Webhook is already deleted")
                try await rig.post(gateway, bots[0], updates: 1...2)
                let info = try await rig.call(gateway, token, "getWebhookInfo", method: .get)
                #expect(try info.json["result"]?["url"] == "")
                #expect(try info.json["result"]?["pending_update_count"] == 2)
                for method in ["logOut", "close"] {
                    let refused = try await rig.call(gateway, token, method)
                    #expect(refused.status == .badRequest)
                    #expect(try refused.json["description"]?.stringValue?.contains(method) == true)
                }
                let all = RecordFilter(bot: bots[0].id, sentOnly: false)
                #expect(rig.simulator.calls(all).isEmpty, "none of it reaches Telegram")
            }
        }

        /// A body much larger than anything that is held, in chunks as frameworks send them.
        @Test func filesAreStreamedBothWays() async throws {
            try await GatewayRig.run(bots: 1, { $0.proxyPort = 0 }) { rig, gateway, bots in
                let bot = bots[0]
                try rig.simulator.write(MessageSpec(bot: bot.id, user: 5, text: "hi"))
                let file = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 131 ^ ($0 >> 9)) }
                let head =
                    "--b\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n5\r\n"
                    + "--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a.bin\"\r\n\r\n"
                let body = Array(head.utf8) + file + Array("\r\n--b--\r\n".utf8)
                for length in [body.count, nil] {
                    let pieces = Locked(0)
                    let chunks = AsyncThrowingStream<[UInt8], any Error> {
                        let start = pieces.withLock { start in
                            defer { start += 70_001 }
                            return start
                        }
                        return start < body.count ? Array(body[start..<min(start + 70_001, body.count)]) : nil
                    }
                    let sent = try await rig.http.execute(
                        HTTPRequest(
                            .post, "\(gateway.proxyURL)/bot\(GatewayRig.alias(bot))/sendDocument",
                            headers: ["Content-Type": "multipart/form-data; boundary=b"],
                            body: .stream(length: length, chunks: chunks), timeout: .seconds(120)))
                    #expect(sent.status == .ok)
                    let document = try sent.json["result"]?["document"]
                    #expect(document?["file_size"] == .int(Int64(file.count)))
                    let id = try #require(document?["file_id"]?.stringValue)
                    let found = try await rig.call(gateway, bot.token, "getFile?file_id=\(id)")
                    let path = try #require(try found.json["result"]?["file_path"]?.stringValue)
                    for path in [path, path.replacingOccurrences(of: "/", with: "%2F")] {
                        let token = GatewayRig.alias(bot).replacingOccurrences(of: ":", with: "%3A")
                        let download = try await rig.http.execute(
                            HTTPRequest(.get, "\(gateway.proxyURL)/file/bot\(token)/\(path)", timeout: .seconds(120)))
                        #expect(download.status == .ok)
                        #expect(SHA256.hex(download.body) == SHA256.hex(file))
                    }
                }
                let unknown = try await rig.http.execute(
                    HTTPRequest(.get, "\(gateway.proxyURL)/file/bot\(bot.token)/documents/none"))
                #expect(unknown.status == .notFound)
            }
        }

        // MARK: Limits

        @Test func answersAndCallsKeepTheLimitsTogether() async throws {
            try await GatewayRig.run(
                bots: 1, enforcesLimits: true,
                {
                    $0.proxyPort = 0
                    $0.sendLimits = SendLimits()
                    $0.proxyWait = .seconds(30)
                }
            ) { rig, gateway, bots in
                let bot = bots[0]
                try rig.simulator.write(MessageSpec(bot: bot.id, user: 5, text: "hi"))
                for number in 0..<3 { try await rig.send(bot, text: "answer \(number)", chat: 5) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<3 {
                        group.addTask {
                            let sent = try await rig.call(
                                gateway, bot.token, "sendMessage", "application/json",
                                #"{"chat_id":5,"text":"call \#(number)"}"#)
                            #expect(sent.status == .ok)
                        }
                    }
                    try await group.waitForAll()
                }
                let all = RecordFilter(bot: bot.id, method: "sendMessage", chatID: 5, sentOnly: false)
                let calls = await rig.simulator.calls(all, count: 6, within: .seconds(40))
                #expect(calls.count == 6)
                #expect(calls.filter { !$0.ok }.isEmpty, "nothing was refused")
            }
        }

        @Test func whatTelegramHasRefusedIsNotAskedForAgain() async throws {
            try await GatewayRig.run(bots: 1, { $0.proxyPort = 0 }) { rig, gateway, bots in
                let bot = bots[0]
                try rig.simulator.write(MessageSpec(bot: bot.id, user: 5, text: "hi"))
                try rig.simulator.write(MessageSpec(bot: bot.id, user: 6, text: "hi"))
                var fault = FaultSpec()
                fault.chatID = 5
                fault.errorCode = 429
                fault.retryAfter = 900
                fault.count = 1
                try rig.simulator.addFault(fault)
                func send(_ chat: Int) async throws -> HTTPResponse {
                    try await rig.call(gateway, bot.token, "sendMessage?chat_id=\(chat)&text=x")
                }
                let first = try await send(5)
                #expect(first.status == .tooManyRequests)
                #expect(first.headers["Retry-After"] == "900")
                let second = try await send(5)
                #expect(second.status == .tooManyRequests)
                let seconds = try second.json["parameters"]?["retry_after"]?.intValue ?? 0
                #expect((800...900).contains(seconds))
                #expect(try second.json["description"] == .string("Too Many Requests: retry after \(seconds)"))
                #expect(try await send(6).status == .ok)
                // The answers of the same bot wait as well.
                try await rig.send(bot, text: "later", chat: 5)
                try await rig.send(bot, text: "now", chat: 6)
                #expect(await rig.texts(bot, chat: 6, count: 2) == ["x", "now"])
                let calls = rig.simulator.calls(RecordFilter(bot: bot.id, chatID: 5, sentOnly: false))
                #expect(calls.count == 1)
                #expect(gateway.metrics.proxyRequests.value(["limited"]) == 1)
            }
        }

        // MARK: Updates

        @Test func updatesAreGivenOnceTheyAreThereUntilTheyAreConfirmed() async throws {
            try await GatewayRig.run(bots: 1, { $0.proxyPort = 0 }) { rig, gateway, bots in
                let bot = bots[0]
                #expect(try await rig.updates(gateway, bot, "") == [])
                async let waiting = rig.updates(gateway, bot, "timeout=50")
                try await Task.sleep(for: .milliseconds(500))
                try await rig.post(gateway, bot, updates: 11...11)
                #expect(try await waiting == [11])
                try await rig.post(gateway, bot, updates: 12...20)
                var seen = try await rig.updates(gateway, bot, "timeout=10")
                #expect(seen.first == 11, "what is not confirmed comes again")
                var offset = (seen.last ?? 0) + 1
                try await eventually("all have come") {
                    let updates = try await rig.updates(gateway, bot, "offset=\(offset)&limit=4&timeout=1")
                    seen += updates
                    if let last = updates.last { offset = last + 1 }
                    return seen.count >= 10
                }
                #expect(seen.sorted() == Array(11...20), "each once")
                #expect(try await rig.updates(gateway, bot, "offset=\(offset)") == [])
                #expect(try await rig.lag(bot) == 0)
                // Byte for byte.
                let update = #"{ "update_id":30, "message":{"chat":{"id":5},"text":"\u00e9 \/"} }"#
                _ = try await rig.post(gateway, "bot_\(bot.id)", Array(update.utf8))
                let answer = try await rig.call(gateway, GatewayRig.alias(bot), "getUpdates?timeout=20")
                #expect(String(decoding: answer.body, as: UTF8.self) == #"{"ok":true,"result":[\#(update)]}"#)
                #expect(gateway.metrics.polledUpdates.value() >= 12)
            }
        }

        @Test func aSecondPollEndsTheFirst() async throws {
            try await GatewayRig.run(bots: 1, { $0.proxyPort = 0 }) { rig, gateway, bots in
                let bot = bots[0]
                #expect(try await rig.updates(gateway, bot, "") == [])
                async let first = rig.call(gateway, bot.token, "getUpdates?timeout=50")
                try await Task.sleep(for: .milliseconds(700))
                async let second = rig.updates(gateway, bot, "timeout=50")
                let ended = try await first
                #expect(ended.status == .conflict)
                #expect(
                    try ended.json["description"]?.stringValue?.hasPrefix(
                        "Conflict: terminated by other getUpdates request") == true)
                try await rig.post(gateway, bot, updates: 1...1)
                #expect(try await second == [1])
            }
        }

        @Test func anotherGatewayGoesOnWithWhatIsNotConfirmed() async throws {
            try await GatewayRig.run { rig in
                let bot = try await rig.makeBot(4300)
                var settings = rig.settings
                settings.proxyPort = 0
                let first = try RunningGateway(settings, http: rig.http)
                rig.bind(bot, to: first)
                try await rig.post(first, bot, updates: 1...9)
                var seen = try await rig.all(first, bot, count: 9)
                #expect(seen.sorted() == Array(1...9))
                // 1 to 4 are confirmed; 5 to 9 were given out, and nobody knows whether the bot has looked at them.
                #expect(try await rig.updates(first, bot, "offset=5").sorted() == Array(5...9))
                async let waiting = rig.updates(first, bot, "offset=10&timeout=50&limit=1")
                try await Task.sleep(for: .milliseconds(300))
                try await first.stop()
                #expect(try await waiting == [], "a poll ends at once with the gateway")
                #expect(try await rig.lag(bot) == 0)

                let second = try RunningGateway(settings, http: rig.http)
                rig.bind(bot, to: second)
                try await rig.post(second, bot, updates: 10...12)
                seen = try await rig.all(second, bot, count: 3)
                #expect(seen.sorted() == [10, 11, 12])
                try await second.stop()

                let third = try RunningGateway(settings, http: rig.http)
                rig.bind(bot, to: third)
                seen = try await rig.all(third, bot, count: 3)
                #expect(seen.sorted() == [10, 11, 12], "what was not confirmed comes again")
                try await third.stop()
            }
        }

        @Test func aNegativeOffsetForgetsAllButTheNewest() async throws {
            try await GatewayRig.run(bots: 1, { $0.proxyPort = 0 }) { rig, gateway, bots in
                try await rig.post(gateway, bots[0], updates: 1...150)
                #expect(try await rig.updates(gateway, bots[0], "offset=-1&timeout=5") == [150])
                #expect(try await rig.lag(bots[0]) <= 1)
                #expect(try await rig.updates(gateway, bots[0], "offset=151") == [])
                #expect(try await rig.lag(bots[0]) == 0)
            }
        }

        @Test func workersOfTheBotAreNotDisturbed() async throws {
            try await GatewayRig.run(bots: 1, { $0.proxyPort = 0 }) { rig, gateway, bots in
                let botID = BotID(number: bots[0].id)
                let worker = try KafkaConsumer(
                    rig.broker.configuration, settings: .init(groupID: botID.workerGroup), logger: .silent)
                try worker.subscribe([botID.incomingTopic])
                try await eventually("the worker has joined") {
                    _ = try await worker.nextBatch(timeout: .milliseconds(200))
                    return worker.assignment.count == 3
                }
                try await rig.post(gateway, bots[0], updates: 1...3)
                try await eventually("the worker has all") {
                    let messages = try await worker.nextBatch(timeout: .seconds(1))
                    let next = messages.map { ($0.topicPartition, $0.offset + 1) }
                    try await worker.commit(Dictionary(next) { max($0, $1) })
                    return try await rig.lag(bots[0]) == 0
                }
                #expect(try await rig.updates(gateway, bots[0], "") == [], "what workers have done is not given out")
                await worker.close()
            }
        }
    }
}

extension HTTPResponse {
    var json: JSONValue { get throws { try JSONDecoder().decode(JSONValue.self, from: Data(body)) } }
}

extension GatewayRig {
    /// Calls a method by the proxy, as a bot does.
    func call(
        _ gateway: RunningGateway, _ token: String, _ method: String, _ type: String = "", _ body: String = "",
        method verb: HTTPMethod = .post
    ) async throws -> HTTPResponse {
        try await http.execute(
            HTTPRequest(
                verb, "\(gateway.proxyURL)/bot\(token)/\(method)", headers: type.isEmpty ? [:] : ["Content-Type": type],
                body: body.isEmpty ? .none : .bytes(Array(body.utf8)), timeout: .seconds(90)))
    }

    /// The numbers of the updates that a poll gets.
    func updates(_ gateway: RunningGateway, _ bot: BotInfo, _ query: String) async throws -> [Int64] {
        let answer = try await call(gateway, GatewayRig.alias(bot), "getUpdates?\(query)")
        #expect(answer.status == .ok, "\(String(decoding: answer.body, as: UTF8.self))")
        return try answer.json["result"]?.arrayValue?.compactMap { $0["update_id"]?.intValue } ?? []
    }

    /// Polls without confirming until there are `count`.
    func all(_ gateway: RunningGateway, _ bot: BotInfo, count: Int) async throws -> [Int64] {
        var updates: [Int64] = []
        try await eventually("\(count) updates are there") {
            updates = try await self.updates(gateway, bot, "timeout=1")
            return updates.count >= count
        }
        return updates
    }

    /// Posts updates, of several chats, as Telegram does.
    func post(_ gateway: RunningGateway, _ bot: BotInfo, updates: ClosedRange<Int64>) async throws {
        for id in updates {
            let update = #"{"update_id":\#(id),"message":{"chat":{"id":\#(id % 7 + 1)}}}"#
            #expect(try await post(gateway, "bot_\(bot.id)", Array(update.utf8)).status == .ok)
        }
    }

    /// What the group of the bot's workers has not committed.
    func lag(_ bot: BotInfo) async throws -> Int64 {
        let botID = BotID(number: bot.id)
        let admin = try KafkaAdmin(broker.configuration, logger: .silent)
        let lag = try await admin.lag(group: botID.workerGroup, topic: botID.incomingTopic)
        await admin.close()
        return lag.values.reduce(0, +)
    }
}
