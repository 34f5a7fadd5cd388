import Foundation
import Gateway
import HTTPClient
import HTTPTypes
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI
import Simulator
import TestRig
import Testing

extension GatewayIntegrationTests {
    private func update(_ id: Int, bytes: Int) -> [UInt8] {
        let text = String(repeating: "x", count: bytes)
        return Array(#"{"update_id":\#(id),"message":{"chat":{"id":\#(id)},"text":"\#(text)"}}"#.utf8)
    }

    /// Bytes of this process in memory.
    private func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) }) * 4096
    }

    /// 50 MB of updates, again and again, for a broker that stands still: what is not taken is refused at once, memory does not
    /// grow with it, and all of it arrives once the broker is back.
    @Test func aSlowBrokerFillsNoMemoryAndLosesNothing() async throws {
        try await GatewayRig.run(
            bots: 1,
            {
                $0.deliveryTimeout = .seconds(3)
                $0.maxOutstandingBytes = 4 << 20
            }
        ) { rig, gateway, bots in
            let bot = "bot_\(bots[0].id)"
            #expect(try await rig.post(gateway, bot, update(0, bytes: 10)).status == .ok)
            let updates = (1...100).map { update($0, bytes: 500_000) }
            // Those that wait must not keep the others from being refused.
            var connections = HTTPClient.Configuration()
            connections.maxConnectionsPerHost = 500
            connections.maxConnections = 500
            let http = try HTTPClient(connections)
            func send(_ numbers: Set<Int>) async throws -> (taken: Set<Int>, unavailable: Int) {
                try await withThrowingTaskGroup(of: (Int, HTTPResponse).self) { group in
                    for number in numbers {
                        group.addTask { (number, try await rig.post(gateway, bot, updates[number - 1], http: http)) }
                    }
                    var taken: Set<Int> = []
                    var unavailable = 0
                    for try await (number, response) in group {
                        if response.status == .ok {
                            taken.insert(number)
                        } else if response.status == .serviceUnavailable, response.headers["Retry-After"] != nil {
                            unavailable += 1
                        }
                    }
                    return (taken, unavailable)
                }
            }
            rig.broker.freeze()
            let before = try residentBytes()
            for _ in 0..<3 {
                let result = try await send(Set(1...100))
                #expect(result.taken.isEmpty)
                #expect(result.unavailable == 100)
            }
            let growth = try residentBytes() - before
            print("admission: \(growth >> 20) MiB more for \((300 * 500_000) >> 20) MiB refused")
            #expect(growth < 90 << 20)
            rig.broker.thaw()
            var missing = Set(1...100)
            try await eventually("all are taken") {
                missing.subtract(try await send(missing).taken)
                return missing.isEmpty
            }
            let records = try await rig.records([BotID(number: bots[0].id).incomingTopic], count: 101)
            let ids = Set(
                records.compactMap { record in
                    record.headers.first { $0.0 == "update-id" }.flatMap {
                        Int(String(decoding: $0.1, as: UTF8.self))
                    }
                })
            #expect(ids == Set(0...100))
            await http.shutdown()
        }
    }

    @Test func updatesAcknowledgedAtOnceNeedNoBrokerUntilTooMuchWaits() async throws {
        try await GatewayRig.run(
            bots: 1,
            {
                $0.deliveryTimeout = .seconds(30)
                $0.maxOutstanding = 20
            }
        ) { rig, gateway, bots in
            var binding = rig.binding(bots[0])
            binding.acknowledge = .always
            gateway.gateway.directory.upsert(.init(namespace: "tgs", name: binding.botID.bindingName), binding)
            let bot = "bot_\(bots[0].id)"
            #expect(try await rig.post(gateway, bot, update(0, bytes: 1)).status == .ok)
            #expect(try await rig.records([binding.incomingTopic], count: 1).count == 1)
            rig.broker.freeze()
            var taken: Set<Int> = [0]
            for id in 1...30 {
                let response = try await rig.post(gateway, bot, update(id, bytes: 1))
                if response.status == .ok { taken.insert(id) } else { #expect(response.headers["Retry-After"] == "2") }
            }
            #expect((11...21).contains(taken.count), "\(taken.count)")
            // Not safe yet, so it must come again.
            #expect(try await rig.post(gateway, bot, update(1, bytes: 1)).status == .serviceUnavailable)
            rig.broker.thaw()
            let records = try await rig.records([binding.incomingTopic], count: taken.count)
            let ids = records.compactMap { record in
                record.headers.first { $0.0 == "update-id" }.flatMap { Int(String(decoding: $0.1, as: UTF8.self)) }
            }
            #expect(ids.sorted() == taken.sorted())
            #expect(try await rig.post(gateway, bot, update(1, bytes: 1)).status == .ok)
            #expect(gateway.metrics.webhooks.value(["duplicate"]) == 1)
            #expect(gateway.metrics.lostUpdates.value() == 0)
        }
    }
}
