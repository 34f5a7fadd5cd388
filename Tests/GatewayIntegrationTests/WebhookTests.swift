import Foundation
import Gateway
import HTTPClient
import HTTPTypes
import JSON
import KafkaClient
import Observability
import PlatformAPI
import Simulator
import TestRig
import Testing

extension GatewayIntegrationTests {
    @Test func webhooksAreAnsweredByTheContract() async throws {
        try await GatewayRig.run(bots: 1) { rig, gateway, bots in
            let bot = "bot_\(bots[0].id)"
            let body = Array(#"{"update_id":1,"message":{"chat":{"id":5}}}"#.utf8)
            #expect(try await rig.post(gateway, bot, body, secret: "wrong").status == .unauthorized)
            #expect(try await rig.post(gateway, bot, body, secret: nil).status == .unauthorized)
            #expect(try await rig.post(gateway, "bot_1", body).status == .notFound)
            #expect(try await rig.post(gateway, "bot_1/x", body).status == .notFound)
            #expect(try await rig.post(gateway, bot, [], method: .get).status == .methodNotAllowed)
            let large =
                Array(#"{"update_id":1,"x":""#.utf8) + [UInt8](repeating: 0x61, count: 1 << 20) + Array("\"}".utf8)
            #expect(try await rig.post(gateway, bot, large).status == .payloadTooLarge)
            #expect(try await rig.post(gateway, bot, Array("hello".utf8)).status == .ok)
            #expect(gateway.metrics.webhooks.value(["not_an_update"]) == 1)
            try await eventually("it is ready") { gateway.health.notReady == nil }

            // Two secrets while Telegram is told the new one.
            rig.bind(bots[0], to: gateway, secrets: ["new", GatewayRig.secret])
            #expect(try await rig.post(gateway, bot, body).status == .ok)
            // Telegram sends it again, and then another one.
            #expect(try await rig.post(gateway, bot, body, secret: "new").status == .ok)
            let next = Array(#"{"update_id":2,"message":{"chat":{"id":5}}}"#.utf8)
            #expect(try await rig.post(gateway, bot, next, secret: "new").status == .ok)
            rig.bind(bots[0], to: gateway, secrets: ["new"])
            #expect(try await rig.post(gateway, bot, body).status == .unauthorized)
            let records = try await rig.records([BotID(number: bots[0].id).incomingTopic], count: 2)
            #expect(
                records.map { $0.headers.first { $0.0 == "update-id" }?.1 } == [Array("1".utf8), Array("2".utf8)])
            #expect(gateway.metrics.webhooks.value(["duplicate"]) == 1)
        }
    }

    @Test func updatesArePassedByteForByte() async throws {
        try await GatewayRig.run(bots: 1) { rig, gateway, bots in
            let bot = "bot_\(bots[0].id)"
            let updates = [
                "  {\n\t\"update_id\" : 9007199254740993 , \"message\":{\"chat\":{\"id\":-1001234567890123}}}\r\n ",
                #"{"message":{"text":"\u00e9 é 🎈 \ud83c\udf88 \/ \u0000","chat":{"id":5}},"update_id":2}"#,
                #"{"update_id":3,"x":[1E30,-0.0,12345678901234567890,1.10,-9223372036854775808],"x":null,"message":{"chat":{"id":5}}}"#,
            ]
            for update in updates {
                #expect(try await rig.post(gateway, bot, Array(update.utf8)).status == .ok)
            }
            let records = try await rig.records([BotID(number: bots[0].id).incomingTopic], count: updates.count)
            let values = Set(records.map { String(decoding: $0.value ?? [], as: UTF8.self) })
            #expect(values == Set(updates.map { #"{"bot_id":"\#(bot)","update":\#($0)}"# }))
            #expect(Set(records.map { String(decoding: $0.key ?? [], as: UTF8.self) }) == ["-1001234567890123", "5"])
        }
    }

    @Test func aNewUpdateOfAWholeMegabyteFits() async throws {
        try await GatewayRig.run(bots: 1) { rig, gateway, bots in
            let text = String(repeating: "é", count: 500_000)
            let update = #"{"update_id":1,"message":{"chat":{"id":5},"text":"\#(text)"}}"#
            let response = try await rig.post(gateway, "bot_\(bots[0].id)", Array(update.utf8))
            #expect(response.status == .ok)
        }
    }
}
