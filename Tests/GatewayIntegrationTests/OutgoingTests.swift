import Concurrency
import Foundation
import Gateway
import HTTPClient
import JSON
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TelegramBotAPI
import TestRig
import Testing

extension GatewayIntegrationTests {
    @Suite struct Outgoing {
        /// Lets the bot write to people.
        private func meet(_ rig: GatewayRig, _ bot: BotInfo, _ users: Int64...) throws {
            for user in users { try rig.simulator.write(MessageSpec(bot: bot.id, user: user, text: "hi")) }
        }

        @Test func aFloodedChatHoldsUpNobodyElse() async throws {
            try await GatewayRig.run(bots: 1) { rig, _, bots in
                try meet(rig, bots[0], 1, 2)
                var fault = FaultSpec()
                fault.chatID = 1
                fault.errorCode = 429
                fault.retryAfter = 4
                fault.count = 1
                try rig.simulator.addFault(fault)
                for number in 0..<10 {
                    for chat in Int64(1)...2 { try await rig.send(bots[0], text: "\(number)", chat: chat) }
                }
                let numbers = (0..<10).map { "\($0)" }
                #expect(await rig.texts(bots[0], chat: 2, count: 10) == numbers)
                #expect(await rig.texts(bots[0], chat: 1, count: 10) == numbers)
                let calls = rig.simulator.calls(RecordFilter(bot: bots[0].id))
                let lastOfTwo = calls.last { $0.chatID == 2 }?.sequence ?? .max
                let firstOfOne = calls.first { $0.chatID == 1 }?.sequence ?? 0
                #expect(lastOfTwo < firstOfOne)
                try await eventually("all is committed") { try await rig.committed(bots[0]) == 20 }
            }
        }

        @Test func faultsAreTriedAgain() async throws {
            try await GatewayRig.run(bots: 1) { rig, gateway, bots in
                try meet(rig, bots[0], 1)
                var error = FaultSpec()
                error.errorCode = 500
                error.count = 1
                try rig.simulator.addFault(error)
                var page = FaultSpec()
                page.errorCode = 502
                page.body = "<html>bad gateway</html>"
                page.count = 1
                try rig.simulator.addFault(page)
                try await rig.send(bots[0], text: "a", chat: 1)
                try await rig.send(bots[0], text: "b", chat: 1)
                #expect(await rig.texts(bots[0], chat: 1, count: 2) == ["a", "b"])
                #expect(gateway.metrics.outgoingRetries.value() == 2)

                // Whether it arrived is not known, but a second time does no harm.
                var cut = FaultSpec()
                cut.method = "sendChatAction"
                cut.cut = .before
                cut.count = 1
                try rig.simulator.addFault(cut)
                try await rig.send(
                    bots[0], #"{"method":"sendChatAction","params":{"chat_id":1,"action":"typing"}}"#)
                try await eventually("it is through") {
                    rig.simulator.counts().first { $0.method == "sendChatAction" }?.succeeded == 1
                }
                try await eventually("all is committed") { try await rig.committed(bots[0]) == 3 }
                #expect(gateway.metrics.outgoing.value(["dead_letter"]) == 0)
            }
        }

        @Test func aServerThatIsAwayIsWaitedFor() async throws {
            let port = try LoopbackPort.free()
            try await GatewayRig.run(bots: 1, { $0.apiBaseURL = "http://127.0.0.1:\(port)" }) { rig, gateway, bots in
                try await rig.send(bots[0], text: "a", chat: 1)
                try await rig.send(bots[0], text: "b", chat: 1)
                try await eventually("it is tried again") { gateway.metrics.outgoingRetries.value() >= 2 }
                var configuration = SimulatorConfiguration()
                configuration.apiPort = port
                let late = try Simulator(configuration, logger: .silent, metrics: MetricsRegistry())
                try late.createBot(BotSpec(id: bots[0].id, token: bots[0].token))
                try late.write(MessageSpec(bot: bots[0].id, user: 1, text: "hi"))
                try late.start()
                let running = Task { try await late.run() }
                let calls = await late.calls(RecordFilter(bot: bots[0].id), count: 2, within: .seconds(40))
                #expect(calls.map(\.text) == ["a", "b"])
                await late.shutdown()
                try await running.value
            }
        }

        @Test func whatCannotBeDeliveredBecomesADeadLetter() async throws {
            try await GatewayRig.run(bots: 1) { rig, gateway, bots in
                let bot = bots[0]
                try meet(rig, bot, 1, 2, 3)
                try rig.simulator.block(bot: bot.id, user: 2)
                var cut = FaultSpec()
                cut.chatID = 3
                cut.cut = .after
                cut.count = 1
                try rig.simulator.addFault(cut)
                let records = [
                    (#"{"method":"sendMessage","params":{"chat_id":1,"text":""}}"#, "bad_request"),
                    (#"{"method":"sendMessage","params":{"chat_id":2,"text":"x"},"request_id":"r-1"}"#, "forbidden"),
                    (#"{"method":"sendMessage","params":{"chat_id":3,"text":"once"}}"#, "outcome_unknown"),
                    ("hello", "malformed"), (#"{"method":"send me"}"#, "malformed"),
                    (#"{"method":"sendMessage","params":{"chat_id":1},"bot_token":"1:a"}"#, "wrong_token"),
                    (#"{"method":"deleteWebhook","params":{}}"#, "not_allowed"),
                    (#"{"method":"sendNothing","params":{"chat_id":1}}"#, "method_not_found"),
                ]
                for (record, _) in records { try await rig.send(bot, record) }
                try await rig.send(bot, text: "after", chat: 1)
                #expect(await rig.texts(bot, chat: 1, count: 1) == ["after"])
                let letters = try await rig.deadLetters(bot, count: records.count)
                #expect(letters.count == records.count)
                for (record, reason) in records {
                    let letter = letters.first { $0.record == Data(record.utf8) }
                    #expect(letter?.reason == reason, "\(record)")
                    #expect(letter?.direction == "outgoing")
                    #expect(letter?.botID == "bot_\(bot.id)")
                    #expect(letter?.description.isEmpty == false)
                }
                let forbidden = try #require(letters.first { $0.reason == "forbidden" })
                #expect(forbidden.errorCode == 403)
                #expect(forbidden.requestID == "r-1")
                #expect(forbidden.method == "sendMessage")
                #expect(forbidden.attempts == 1)
                // It was carried out; nobody did it again.
                #expect(await rig.texts(bot, chat: 3, count: 1) == ["once"])
                try await eventually("all is committed") {
                    try await rig.committed(bot) == Int64(records.count) + 1
                }
                #expect(rig.simulator.calls(RecordFilter(bot: bot.id, chatID: 3)).count == 1)
                #expect(gateway.metrics.outgoing.value(["dead_letter"]) == Double(records.count))
            }
        }

        @Test func messagesFollowAGroupThatBecameASupergroup() async throws {
            try await GatewayRig.run(bots: 1) { rig, _, bots in
                let group = try #require(
                    try rig.simulator.createChat(ChatSpec(type: .group, title: "g", bots: [bots[0].id])).id)
                let supergroup = try #require(try rig.simulator.migrate(chat: group).id)
                for number in 0..<5 { try await rig.send(bots[0], text: "\(number)", chat: group) }
                #expect(await rig.texts(bots[0], chat: supergroup, count: 5) == (0..<5).map { "\($0)" })
                try await eventually("all is committed") { try await rig.committed(bots[0]) == 5 }
            }
        }

        @Test func aRevokedTokenIsWaitedOut() async throws {
            try await GatewayRig.run(bots: 2) { rig, gateway, bots in
                try meet(rig, bots[0], 1, 2)
                try meet(rig, bots[1], 1)
                let renewed = try rig.simulator.revokeToken(of: bots[0].id)
                for number in 0..<5 {
                    for chat in Int64(1)...2 { try await rig.send(bots[0], text: "\(number)", chat: chat) }
                }
                try await eventually("the token is refused") { gateway.metrics.outgoingRetries.value() >= 2 }
                // Others are not concerned.
                try await rig.send(bots[1], text: "other", chat: 1)
                #expect(await rig.texts(bots[1], chat: 1, count: 1) == ["other"])
                let committed = try await rig.committed(bots[0])
                #expect(committed == nil || committed == 0)
                rig.bind(renewed, to: gateway)
                let numbers = (0..<5).map { "\($0)" }
                #expect(await rig.texts(bots[0], chat: 1, count: 5) == numbers)
                #expect(await rig.texts(bots[0], chat: 2, count: 5) == numbers)
                #expect(gateway.metrics.outgoing.value(["dead_letter"]) == 0)
            }
        }

        @Test func aRestartLosesNothingAndRepeatsNothingThatWasCommitted() async throws {
            try await GatewayRig.run { rig in
                let bot = try await rig.makeBot(5)
                try meet(rig, bot, 1, 2, 3)
                var slow = FaultSpec()
                slow.delayMilliseconds = 50
                try rig.simulator.addFault(slow)
                for number in 0..<40 {
                    for chat in Int64(1)...3 { try await rig.send(bot, text: "\(number)", chat: chat) }
                }
                for round in 1...3 {
                    let gateway = try RunningGateway(rig.settings, http: rig.http)
                    rig.bind(bot, to: gateway)
                    _ = await rig.simulator.calls(
                        RecordFilter(bot: bot.id), count: 35 * round, within: .seconds(40))
                    try await gateway.stop()
                    // All that was called for is committed, up to the first that was not.
                    let committed = try await rig.committed(bot)
                    #expect((committed ?? 0) > 0)
                }
                let gateway = try RunningGateway(rig.settings, http: rig.http)
                rig.bind(bot, to: gateway)
                try await eventually("all is committed") { try await rig.committed(bot) == 120 }
                for chat in Int64(1)...3 {
                    let texts = rig.simulator.calls(RecordFilter(bot: bot.id, chatID: chat)).map { $0.text ?? "" }
                    var seen: [String] = []
                    for text in texts where !seen.contains(text) { seen.append(text) }
                    #expect(seen == (0..<40).map { "\($0)" })
                }
                // Chats go at different speeds: what one was ahead of another at a stop may come twice, no more.
                let total = rig.simulator.calls(RecordFilter(bot: bot.id), limit: 10_000).count
                print("restarts: \(total - 120) of 120 messages twice")
                #expect(total - 120 <= 3 * 6)
                try await gateway.stop()
            }
        }

        @Test func replicasShareTheBotsAndHandThemOver() async throws {
            try await GatewayRig.run(bots: 6) { rig, first, bots in
                for bot in bots { try meet(rig, bot, 1) }
                var slow = FaultSpec()
                slow.delayMilliseconds = 30
                try rig.simulator.addFault(slow)
                try await Self.write(rig, bots, 0..<60)
                _ = await rig.texts(bots[0], chat: 1, count: 5)
                let second = try RunningGateway(rig.settings, http: rig.http)
                for bot in bots { rig.bind(bot, to: second) }
                try await eventually("the second gateway sends") { second.metrics.outgoing.value(["delivered"]) > 10 }
                try await Self.write(rig, bots, 60..<80)
                // A bot that comes meanwhile.
                let late = try await rig.makeBot(9000)
                try meet(rig, late, 1)
                for gateway in [first, second] { rig.bind(late, to: gateway) }
                try await Self.write(rig, [late], 0..<10)
                #expect(await rig.texts(late, chat: 1, count: 10) == (0..<10).map { "\($0)" })
                try await second.stop()
                try await Self.write(rig, bots, 80..<90)
                for bot in bots {
                    try await eventually("all is committed") { try await rig.committed(bot) == 90 }
                    let texts = rig.simulator.calls(RecordFilter(bot: bot.id, chatID: 1)).map { $0.text ?? "" }
                    var seen: [String] = []
                    for text in texts where !seen.contains(text) { seen.append(text) }
                    #expect(seen == (0..<90).map { "\($0)" })
                    // The test's broker refuses the commit of a member whose partitions are being taken (Apache Kafka
                    // takes it), so what was sent since the last commit before comes twice; see OutgoingPumpTests. Now and
                    // then it lets a join hang, and every commit behind it: then that is all of the first eighty.
                    print("handover: \(texts.count - 90) of 90 messages twice")
                    #expect(texts.count - 90 <= 80)
                }
            }
        }

        private static func write(_ rig: GatewayRig, _ bots: [BotInfo], _ numbers: Range<Int>) async throws {
            for number in numbers {
                for bot in bots { try await rig.send(bot, text: "\(number)", chat: 1) }
            }
        }

        @Test func aBrokerThatIsAwayHoldsUpNoAnswerForGood() async throws {
            try await GatewayRig.run(bots: 2) { rig, gateway, bots in
                for bot in bots { try meet(rig, bot, 1) }
                try await Self.write(rig, bots, 0..<5)
                for bot in bots { #expect(await rig.texts(bot, chat: 1, count: 5).count == 5) }
                await rig.broker.stop()
                try await Task.sleep(for: .seconds(2))
                try await rig.broker.restart()
                try await Self.write(rig, bots, 5..<10)
                for bot in bots {
                    #expect(await rig.texts(bot, chat: 1, count: 10) == (0..<10).map { "\($0)" })
                    try await eventually("all is committed") { try await rig.committed(bot) == 10 }
                }
                // The last bot goes, and another comes.
                gateway.gateway.directory.remove(.init(namespace: "tgs", name: "binding-bot-\(bots[0].id)"))
                gateway.gateway.directory.remove(.init(namespace: "tgs", name: "binding-bot-\(bots[1].id)"))
                try await rig.send(bots[0], text: "10", chat: 1)
                try await Task.sleep(for: .seconds(2))
                #expect(gateway.health.notReady == nil)
                rig.bind(bots[0], to: gateway)
                #expect(await rig.texts(bots[0], chat: 1, count: 11).last == "10")
            }
        }
    }
}
