import Foundation
import Gateway
import HTTPClient
import HTTPTypes
import KafkaClient
import Observability
import PlatformAPI
import Simulator
import TestRig
import Testing

extension GatewayIntegrationTests {
    @Test func whatIsInFlightIsAcknowledgedBeforeTheEnd() async throws {
        try await GatewayRig.run { rig in
            let bot = try await rig.makeBot(77)
            var settings = rig.settings
            settings.deliveryTimeout = .seconds(25)
            let gateway = try RunningGateway(settings, http: rig.http)
            rig.bind(bot, to: gateway)
            let body = Array(#"{"update_id":1,"message":{"chat":{"id":5}}}"#.utf8)
            #expect(try await rig.post(gateway, "bot_77", body).status == .ok)
            try rig.simulator.write(MessageSpec(bot: bot.id, user: 5, text: "hi"))
            try await rig.send(bot, text: "out", chat: 5)
            #expect(await rig.texts(bot, chat: 5, count: 1) == ["out"])

            rig.broker.freeze()
            let late = Array(#"{"update_id":2,"message":{"chat":{"id":5}}}"#.utf8)
            async let inFlight = rig.post(gateway, "bot_77", late)
            try await Task.sleep(for: .seconds(1))
            async let stopped: Void = gateway.stop()
            try await eventually("it is not ready") { gateway.health.notReady != nil }
            try await eventually("new webhooks are refused") {
                do {
                    return try await rig.post(gateway, "bot_77", body).status == .serviceUnavailable
                } catch let error as HTTPClientError {
                    return error.code == .connectFailed || error.code == .connectionLost
                }
            }
            rig.broker.thaw()
            #expect(try await inFlight.status == .ok)
            try await stopped

            let records = try await rig.records([BotID(number: 77).incomingTopic], count: 2)
            #expect(records.count == 2)
            // Kafka deletes only groups without members.
            let admin = try KafkaAdmin(rig.broker.configuration, logger: .silent)
            #expect(try await rig.committed(bot) == 1)
            try await admin.deleteGroup(TelegramGateway.senderGroup(settings.gateway))
            await admin.close()
        }
    }

    @Test func aBrokerThatIsAwayDoesNotHoldUpTheEnd() async throws {
        try await GatewayRig.run { rig in
            let bot = try await rig.makeBot(77)
            var settings = rig.settings
            settings.deliveryTimeout = .seconds(1)
            let gateway = try RunningGateway(settings, http: rig.http)
            rig.bind(bot, to: gateway)
            try rig.simulator.write(MessageSpec(bot: bot.id, user: 5, text: "hi"))
            try await rig.send(bot, text: "one", chat: 5)
            #expect(await rig.texts(bot, chat: 5, count: 1) == ["one"])
            await rig.broker.stop()
            let body = Array(#"{"update_id":1,"message":{"chat":{"id":5}}}"#.utf8)
            let response = try await rig.post(gateway, "bot_77", body)
            #expect(response.status == .serviceUnavailable)
            #expect(response.headers["Retry-After"] == "2")
            let start = ContinuousClock.now
            try await gateway.stop()
            #expect(ContinuousClock.now - start < .seconds(60))
        }
    }
}
