import Foundation
import Gateway
import JSON
import KafkaClient
import Observability
import PlatformAPI
import Simulator
import TelegramBotAPI
import TestRig
import Testing

extension GatewayIntegrationTests {
    @Test func aThousandUpdatesSurviveABrokerThatIsStoppedAndStartedAgain() async throws {
        try await GatewayRig.run(bots: 4, { $0.deliveryTimeout = .seconds(1) }) { rig, gateway, bots in
            let telegram = TelegramClient(http: rig.http, baseURL: rig.simulator.apiURL, logger: .silent)
            for bot in bots {
                try await telegram.setWebhook(
                    WebhookSettings(
                        url: gateway.url + BotID(number: bot.id).webhookPath, secretToken: Sensitive(GatewayRig.secret)),
                    token: BotToken(bot.token))
            }
            // 4 bots, 5 chats each, 50 messages in each chat.
            var expected: [Place: [Int64]] = [:]
            func write(_ numbers: Range<Int>) throws {
                for number in numbers {
                    for bot in bots {
                        for user in Int64(1)...5 {
                            let receipts = try rig.simulator.write(
                                MessageSpec(bot: bot.id, user: user, text: "\(number) · ü"))
                            let update = try #require(receipts.first?.updateID)
                            expected[Place(topic: BotID(number: bot.id).incomingTopic, key: "\(user)"), default: []]
                                .append(update)
                        }
                    }
                }
            }
            let refused = { gateway.metrics.webhooks.value(["unavailable"]) }
            // The test's broker forgets what it acknowledged just before its end, SIGTERM or not (Apache Kafka would not):
            // so it ends when it has acknowledged nothing for a while.
            func settle() async throws {
                try await eventually("all are delivered") {
                    try bots.allSatisfy { try rig.simulator.state(of: $0.id).pending == 0 }
                }
                try await Task.sleep(for: .seconds(2))
            }
            try write(0..<8)
            try await settle()

            // Stopped, and updates come.
            await rig.broker.stop()
            try write(8..<18)
            try await eventually("updates are refused") { refused() > 0 }
            try write(18..<20)
            try await rig.broker.restart()
            try write(20..<25)
            try await settle()

            // Gone while updates are on their way to it.
            rig.broker.freeze()
            try write(25..<30)
            try await Task.sleep(for: .milliseconds(500))
            await rig.broker.kill()
            try write(30..<35)
            try await Task.sleep(for: .seconds(2))
            try await rig.broker.restart()
            try write(35..<40)
            try await settle()

            // So slow that updates are given up which it has.
            let before = refused()
            rig.broker.freeze()
            try write(40..<45)
            try await eventually("updates are refused") { refused() > before }
            rig.broker.thaw()
            try write(45..<50)
            try await settle()

            #expect(expected.values.reduce(0) { $0 + $1.count } == 1000)
            let records = try await rig.records(bots.map { BotID(number: $0.id).incomingTopic }, count: 1000)
            var arrived: [Place: [Int64]] = [:]
            var partitions: [Place: Set<Int32>] = [:]
            for record in records {
                let place = Place(topic: record.topic, key: String(decoding: record.key ?? [], as: UTF8.self))
                let header = try #require(record.headers.first { $0.0 == "update-id" })
                let update = try #require(Int64(String(decoding: header.1, as: UTF8.self)))
                let envelope = try JSONDecoder().decode(JSONValue.self, from: Data(record.value ?? []))
                #expect(envelope["update"]?["update_id"]?.intValue == update)
                #expect(envelope["bot_id"]?.stringValue.map { "\($0)_incoming" } == record.topic)
                arrived[place, default: []].append(update)
                partitions[place, default: []].insert(record.partition)
            }
            #expect(Set(arrived.keys) == Set(expected.keys))
            for (place, updates) in expected {
                let got = arrived[place] ?? []
                // In order, repetitions included: Telegram sends the next one only when this one is acknowledged.
                #expect(got == got.sorted(), "\(place)")
                #expect(Array(Set(got)).sorted() == updates, "\(place)")
                #expect(partitions[place]?.count == 1)
            }
            let repeated = records.count - 1000
            let resent = try bots.reduce(0) { try $0 + rig.simulator.state(of: $1.id).updates.failedAttempts }
            print("outage: \(resent) deliveries refused, \(repeated) updates twice")
            #expect(resent > 0)
            #expect(repeated <= resent)
        }
    }

    /// Where an update belongs.
    private struct Place: Hashable {
        let topic: String
        let key: String
    }
}
