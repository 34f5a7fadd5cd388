import Foundation
import Gateway
import JSON
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TestRig
import Testing

extension GatewayIntegrationTests {
    @Test func whatBecomesOfACallIsToldWhenItAsks() async throws {
        try await GatewayRig.run(bots: 1) { rig, gateway, bots in
            let botID = BotID(number: bots[0].id)
            let admin = try KafkaAdmin(rig.broker.configuration, logger: .silent)
            let made = try await admin.createTopics(
                [NewTopic(name: botID.resultsTopic, partitions: 1)], timeout: .seconds(20))
            for result in made.values { try result.get() }
            await admin.close()
            var binding = rig.binding(bots[0])
            binding.resultsTopic = botID.resultsTopic
            gateway.gateway.directory.upsert(.init(namespace: "tgs", name: botID.bindingName), binding)
            _ = try rig.simulator.write(MessageSpec(bot: bots[0].id, user: 5, text: "hello"))
            for (id, method, asks) in [
                ("a", "sendMessage", true), ("b", "noSuchMethod", true), ("c", "sendMessage", false),
            ] {
                try await rig.send(
                    bots[0],
                    #"{"method":"\#(method)","params":{"chat_id":5,"text":"\#(id)"},"request_id":"\#(id)","#
                        + #""wants_result":\#(asks)}"#)
            }
            let records = try await rig.records([botID.resultsTopic], count: 2, within: .seconds(40))
            #expect(records.map { $0.key.map { String(decoding: $0, as: UTF8.self) } } == ["a", "b"])
            let values = try records.map { try JSONDecoder().decode(JSONValue.self, from: Data($0.value ?? [])) }
            #expect(values.first?["ok"] == true)
            #expect(values.first?["result"]?["text"] == "a")
            #expect(values.last?["ok"] == false)
            #expect(values.last?["reason"] == "method_not_found")
            #expect(values.last?["error_code"] == 404)
            try await eventually("all is committed") { try await rig.committed(bots[0]) == 3 }
        }
    }
}
